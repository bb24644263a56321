/* SPDX-License-Identifier: Apache-2.0 */
/* run_classifier and its relatives, on top of the C core; no heap, exceptions or RTTI. */
#ifndef TIN_CPP_CLASSIFIER_HPP
#define TIN_CPP_CLASSIFIER_HPP

#include "model-parameters/model_variables.h"
#include "tin_cpp/numpy.hpp"
#include "tin_cpp/porting.hpp"
#include "tin_cpp/types.hpp"

namespace tin_cpp {

inline int read_signal(void *context, size_t offset, size_t length, float *out) {
    return static_cast<signal_t *>(context)->get_data(offset, length, out);
}

/* The core's view of the firmware's signal. */
inline tin_signal wrap(signal_t *signal) {
    tin_signal wrapped = {NULL, read_signal, signal, signal->total_length};
#if EIDSP_SIGNAL_C_FN_POINTER == 1
    wrapped.data = signal->get_data ? NULL : signal->buffer;
#endif
    return wrapped;
}

inline bool is_readable(const signal_t *signal) {
#if EIDSP_SIGNAL_C_FN_POINTER == 1
    return signal->get_data != NULL || signal->buffer != NULL;
#else
    return static_cast<bool>(signal->get_data);
#endif
}

/* `otherwise` stands for what has no code of its own. */
inline EI_IMPULSE_ERROR to_error(tin_status status, EI_IMPULSE_ERROR otherwise) {
    switch (status) {
    case TIN_OK:
        return EI_IMPULSE_OK;
    case TIN_STATUS_SIZE:
        return EI_IMPULSE_ERROR_SHAPES_DONT_MATCH;
    case TIN_STATUS_CANCELED:
        return EI_IMPULSE_CANCELED;
    default:
        return otherwise;
    }
}

inline int to_ms(int64_t us) { return static_cast<int>((us + 500) / 1000); }

inline int64_t microseconds() { return static_cast<int64_t>(ei_read_timer_us()); }

/* All scores 0, with their labels. */
inline void clear(const ei_impulse_t *impulse, ei_impulse_result_t *result) {
    *result = ei_impulse_result_t();
    for (uint16_t i = 0; i < impulse->label_count; i++) {
        result->classification[i].label = impulse->categories[i];
    }
}

inline void copy_values(const ei_impulse_handle_t *handle,
                        const tin_learning_block *block,
                        ei_impulse_result_t *result) {
    const float *values = handle->state.values + block->offset;
    if (block->kind == TIN_LEARNING_ANOMALY_KMEANS) {
        result->anomaly = values[0];
        return;
    }
    for (uint16_t i = 0; i < handle->impulse->label_count && i < block->num_values; i++) {
        result->classification[i].value = values[i];
    }
}

/* Runs the learning blocks one by one, so that each gets its own time. */
inline EI_IMPULSE_ERROR learn(ei_impulse_handle_t *handle, ei_impulse_result_t *result) {
    const tin_impulse *core = handle->impulse->core;
    tin_impulse single = *core;
    single.num_learning = 1;
    for (int32_t i = 0; i < core->num_learning; i++) {
        single.learning = &core->learning[i];
        int64_t start = microseconds();
        tin_status status = tin_learn(&single, &handle->state);
        if (status != TIN_OK) {
            return to_error(status, EI_IMPULSE_INFERENCE_ERROR);
        }
        bool is_anomaly = single.learning->kind == TIN_LEARNING_ANOMALY_KMEANS;
        int64_t elapsed = microseconds() - start;
        (is_anomaly ? result->timing.anomaly_us : result->timing.classification_us) += elapsed;
        copy_values(handle, single.learning, result);
    }
    result->timing.classification = to_ms(result->timing.classification_us);
    result->timing.anomaly = to_ms(result->timing.anomaly_us);
    return EI_IMPULSE_OK;
}

inline void print_features(const ei_impulse_handle_t *handle) {
    ei_printf("Features:");
    for (int32_t i = 0; i < handle->impulse->core->num_features; i++) {
        ei_printf(" ");
        ei_printf_float(handle->state.features[i]);
    }
    ei_printf("\n");
}

/* One full window, whose result has been cleared. */
inline EI_IMPULSE_ERROR classify(ei_impulse_handle_t *handle,
                                 const tin_signal *window,
                                 ei_impulse_result_t *result,
                                 bool debug) {
    const tin_impulse *core = handle->impulse->core;
    if (!handle->is_checked) {
        tin_status checked = tin_init(core, &handle->state);
        if (checked != TIN_OK) {
            return to_error(checked, EI_IMPULSE_DSP_ERROR);
        }
        handle->is_checked = true;
    }
    int64_t start = microseconds();
    tin_status status = tin_process(core, &handle->state, window);
    if (status != TIN_OK) {
        return to_error(status, EI_IMPULSE_DSP_ERROR);
    }
    result->timing.dsp_us = microseconds() - start;
    result->timing.dsp = to_ms(result->timing.dsp_us);
    if (debug) {
        print_features(handle);
    }
    if (ei_run_impulse_check_canceled() == EI_IMPULSE_CANCELED) {
        return EI_IMPULSE_CANCELED;
    }
    return learn(handle, result);
}

/* The ring of the default impulse; exists only in programs that classify continuously. */
template <typename Unused> struct ring {
    static float values[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];
};
template <typename Unused> float ring<Unused>::values[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];

} // namespace tin_cpp

/* Checks the impulse and forgets earlier slices. */
inline EI_IMPULSE_ERROR init_impulse(ei_impulse_handle_t *handle) {
    tin_slices_reset(&handle->slices);
    tin_status status = tin_init(handle->impulse->core, &handle->state);
    handle->is_checked = status == TIN_OK;
    return tin_cpp::to_error(status, EI_IMPULSE_DSP_ERROR);
}

/* Classifies one full window. */
inline EI_IMPULSE_ERROR process_impulse(ei_impulse_handle_t *handle,
                                        signal_t *signal,
                                        ei_impulse_result_t *result,
                                        bool debug = false) {
    tin_cpp::clear(handle->impulse, result);
    if (!tin_cpp::is_readable(signal)) {
        return EI_IMPULSE_DSP_ERROR;
    }
    tin_signal window = tin_cpp::wrap(signal);
    return tin_cpp::classify(handle, &window, result, debug);
}

/* Takes in one slice and classifies the last full window; scores are 0 until there is one.
   Keeps EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE floats of raw values in RAM. A slice is a whole number
   of frames, EI_CLASSIFIER_SLICE_SIZE as a rule, and at most a window. A handle other than the
   default brings its own ring in `slices`. */
inline EI_IMPULSE_ERROR process_impulse_continuous(ei_impulse_handle_t *handle,
                                                   signal_t *signal,
                                                   ei_impulse_result_t *result,
                                                   bool debug = false) {
    tin_cpp::clear(handle->impulse, result);
    if (!tin_cpp::is_readable(signal)) {
        return EI_IMPULSE_DSP_ERROR;
    }
    if (!handle->slices.values) {
        if (handle != &ei_default_impulse) {
            return EI_IMPULSE_ALLOC_FAILED;
        }
        handle->slices.values = tin_cpp::ring<void>::values;
        handle->slices.length = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE;
        tin_slices_reset(&handle->slices);
    }
    tin_signal slice = tin_cpp::wrap(signal);
    tin_status status = tin_slices_push(handle->impulse->core, &handle->slices, &slice);
    if (status == TIN_STATUS_NOT_READY) {
        return EI_IMPULSE_OK;
    }
    if (status != TIN_OK) {
        return tin_cpp::to_error(status, EI_IMPULSE_DSP_ERROR);
    }
    tin_signal window = tin_slices_window(&handle->slices);
    return tin_cpp::classify(handle, &window, result, debug);
}

inline void run_classifier_init(ei_impulse_handle_t *handle) { (void)init_impulse(handle); }

inline void run_classifier_init() { run_classifier_init(&ei_default_impulse); }

inline void run_classifier_deinit(ei_impulse_handle_t *handle) {
    tin_slices_reset(&handle->slices);
}

inline void run_classifier_deinit() { run_classifier_deinit(&ei_default_impulse); }

inline EI_IMPULSE_ERROR run_classifier(ei_impulse_handle_t *handle,
                                       signal_t *signal,
                                       ei_impulse_result_t *result,
                                       bool debug = false) {
    return process_impulse(handle, signal, result, debug);
}

inline EI_IMPULSE_ERROR
run_classifier(signal_t *signal, ei_impulse_result_t *result, bool debug = false) {
    return process_impulse(&ei_default_impulse, signal, result, debug);
}

/* The last argument is accepted for source compatibility and has no effect. */
inline EI_IMPULSE_ERROR run_classifier_continuous(ei_impulse_handle_t *handle,
                                                  signal_t *signal,
                                                  ei_impulse_result_t *result,
                                                  bool debug = false,
                                                  bool enable_maf_unused = true) {
    (void)enable_maf_unused;
    return process_impulse_continuous(handle, signal, result, debug);
}

inline EI_IMPULSE_ERROR run_classifier_continuous(signal_t *signal,
                                                  ei_impulse_result_t *result,
                                                  bool debug = false,
                                                  bool enable_maf_unused = true) {
    (void)enable_maf_unused;
    return process_impulse_continuous(&ei_default_impulse, signal, result, debug);
}

#endif
