/* SPDX-License-Identifier: Apache-2.0 */
/* Signals, results and error codes under the names existing firmware uses. */
#ifndef TIN_CPP_TYPES_HPP
#define TIN_CPP_TYPES_HPP

#include "model-parameters/model_metadata.h"
#include "tin/slices.h"

#ifndef EIDSP_SIGNAL_C_FN_POINTER
#define EIDSP_SIGNAL_C_FN_POINTER 0
#endif

#if EIDSP_SIGNAL_C_FN_POINTER == 0
#include <functional>
#endif

/* Only the codes that this library returns or that firmware commonly compares with. */
typedef enum {
    EI_IMPULSE_OK = 0,
    EI_IMPULSE_ERROR_SHAPES_DONT_MATCH = -1, /* the signal has the wrong length */
    EI_IMPULSE_CANCELED = -2,                /* ei_run_impulse_check_canceled said so */
    EI_IMPULSE_TFLITE_ERROR = -3,
    EI_IMPULSE_DSP_ERROR = -5, /* a processing block failed, or get_data did */
    EI_IMPULSE_TFLITE_ARENA_ALLOC_FAILED = -6,
    EI_IMPULSE_ALLOC_FAILED = -8,
    EI_IMPULSE_ONLY_SUPPORTED_FOR_IMAGES = -9,
    EI_IMPULSE_UNSUPPORTED_INFERENCING_ENGINE = -10,
    EI_IMPULSE_OUT_OF_MEMORY = -11,
    EI_IMPULSE_INFERENCE_ERROR = -22, /* a learning block failed */
    EI_IMPULSE_INVALID_SIZE = -24
} EI_IMPULSE_ERROR;

namespace ei {

/* Where a window (or a slice) of raw values comes from. `get_data` returns 0 on success. */
typedef struct ei_signal_t {
#if EIDSP_SIGNAL_C_FN_POINTER == 1
    int (*get_data)(size_t offset, size_t length, float *out_ptr);
#else
    std::function<int(size_t offset, size_t length, float *out_ptr)> get_data;
#endif
    size_t total_length;
#if EIDSP_SIGNAL_C_FN_POINTER == 1
    const float *buffer; /* read when get_data is NULL; set by numpy::signal_from_buffer */
#endif
} signal_t;

} // namespace ei

using ei::signal_t;

/* Part of the result for source compatibility; Tinsmith has no object detection yet. */
typedef struct {
    const char *label;
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
    float value;
} ei_impulse_result_bounding_box_t;

typedef struct {
    const char *label;
    float value;
} ei_impulse_result_classification_t;

/* Milliseconds are rounded from the microseconds beside them. */
typedef struct {
    int sampling;
    int dsp;
    int classification;
    int anomaly;
    int64_t dsp_us;
    int64_t classification_us;
    int64_t anomaly_us;
    int postprocessing;
    int64_t postprocessing_us;
} ei_impulse_result_timing_t;

#if EI_CLASSIFIER_LABEL_COUNT > 0
#define TIN_CPP_RESULT_SIZE EI_CLASSIFIER_LABEL_COUNT
#else
#define TIN_CPP_RESULT_SIZE 1
#endif

typedef struct {
    ei_impulse_result_bounding_box_t *bounding_boxes;
    uint32_t bounding_boxes_count;
    ei_impulse_result_classification_t classification[TIN_CPP_RESULT_SIZE];
    float anomaly;
    ei_impulse_result_timing_t timing;
} ei_impulse_result_t;

/* What is constant about an impulse. */
typedef struct {
    const tin_impulse *core;
    const char *project_name;
    uint32_t project_id;
    uint32_t deploy_version;
    uint32_t nn_input_frame_size;
    uint32_t raw_sample_count;
    uint32_t raw_samples_per_frame;
    uint32_t dsp_input_frame_size;
    uint32_t input_width;
    uint32_t input_height;
    uint32_t input_frames;
    float interval_ms;
    float frequency;
    uint32_t slice_size;
    uint32_t slices_per_model_window;
    uint8_t inferencing_engine;
    uint8_t sensor;
    const char *fusion_string;
    int has_anomaly;
    uint16_t label_count;
    const char *const *categories;
} ei_impulse_t;

/* An impulse with the memory it runs in. */
typedef struct ei_impulse_handle_t {
    const ei_impulse_t *impulse;
    tin_state state;
    tin_slices slices;
    bool is_checked; /* tin_init has accepted it */
} ei_impulse_handle_t;

#endif
