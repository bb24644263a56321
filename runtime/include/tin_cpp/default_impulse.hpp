/* SPDX-License-Identifier: Apache-2.0 */
/* The impulse of this library with its memory: static, sized at compile time. */
#ifndef TIN_CPP_DEFAULT_IMPULSE_HPP
#define TIN_CPP_DEFAULT_IMPULSE_HPP

/* Included at the end of model-parameters/model_variables.h, which defines the categories. */
#include "tin_cpp/types.hpp"
#include "tin_impulse_data.h"

static_assert(EI_CLASSIFIER_LABEL_COUNT == TIN_IMPULSE_NUM_LABELS,
              "model_metadata.h and tin_impulse_data.h are of different impulses");
static_assert(EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE == TIN_IMPULSE_WINDOW_LENGTH,
              "model_metadata.h and tin_impulse_data.h are of different impulses");

namespace tin_cpp {

/* A template, so that a header may define its static members; there is one instance. */
template <typename Unused> struct default_impulse {
    static float features[TIN_IMPULSE_NUM_FEATURES];
    static float values[TIN_IMPULSE_NUM_VALUES];
    static uint8_t scratch[TIN_IMPULSE_SCRATCH_BYTES] TIN_ALIGNED(16);
    static const ei_impulse_t description;
    static ei_impulse_handle_t handle;
};

template <typename Unused> float default_impulse<Unused>::features[TIN_IMPULSE_NUM_FEATURES];
template <typename Unused> float default_impulse<Unused>::values[TIN_IMPULSE_NUM_VALUES];
template <typename Unused>
uint8_t default_impulse<Unused>::scratch[TIN_IMPULSE_SCRATCH_BYTES] TIN_ALIGNED(16);

template <typename Unused>
const ei_impulse_t default_impulse<Unused>::description = {
    &tin_the_impulse,
    EI_CLASSIFIER_PROJECT_NAME,
    EI_CLASSIFIER_PROJECT_ID,
    EI_CLASSIFIER_PROJECT_DEPLOY_VERSION,
    EI_CLASSIFIER_NN_INPUT_FRAME_SIZE,
    EI_CLASSIFIER_RAW_SAMPLE_COUNT,
    EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME,
    EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE,
    EI_CLASSIFIER_INPUT_WIDTH,
    EI_CLASSIFIER_INPUT_HEIGHT,
    EI_CLASSIFIER_INPUT_FRAMES,
    static_cast<float>(EI_CLASSIFIER_INTERVAL_MS),
    static_cast<float>(EI_CLASSIFIER_FREQUENCY),
    EI_CLASSIFIER_SLICE_SIZE,
    EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW,
    EI_CLASSIFIER_INFERENCING_ENGINE,
    EI_CLASSIFIER_SENSOR,
    EI_CLASSIFIER_FUSION_AXES_STRING,
    EI_CLASSIFIER_HAS_ANOMALY,
    EI_CLASSIFIER_LABEL_COUNT,
    ei_classifier_inferencing_categories,
};

template <typename Unused>
ei_impulse_handle_t default_impulse<Unused>::handle = {
    &default_impulse<Unused>::description,
    {
        default_impulse<Unused>::features,
        default_impulse<Unused>::values,
        default_impulse<Unused>::scratch,
    },
    {NULL, 0, 0, 0},
    false,
};

} // namespace tin_cpp

static ei_impulse_handle_t &ei_default_impulse __attribute__((unused)) =
    tin_cpp::default_impulse<void>::handle;

#endif
