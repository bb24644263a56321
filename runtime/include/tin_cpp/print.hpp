/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a result in plain text through ei_printf. */
#ifndef TIN_CPP_PRINT_HPP
#define TIN_CPP_PRINT_HPP

#include "tin_cpp/classifier.hpp"

inline void ei_print_results(ei_impulse_handle_t *handle, ei_impulse_result_t *result) {
    const ei_impulse_t *impulse = handle->impulse;
    ei_printf("Timing: DSP %d ms, inference %d ms, anomaly %d ms\n",
              result->timing.dsp,
              result->timing.classification,
              result->timing.anomaly);
    for (uint16_t i = 0; i < impulse->label_count; i++) {
        ei_printf("  %s: ", result->classification[i].label);
        ei_printf_float(result->classification[i].value);
        ei_printf("\n");
    }
    if (impulse->has_anomaly) {
        ei_printf("  anomaly: ");
        ei_printf_float(result->anomaly);
        ei_printf("\n");
    }
}

inline void display_results(ei_impulse_handle_t *handle, ei_impulse_result_t *result) {
    ei_print_results(handle, result);
}

inline void display_results(ei_impulse_result_t *result) {
    ei_print_results(&ei_default_impulse, result);
}

#endif
