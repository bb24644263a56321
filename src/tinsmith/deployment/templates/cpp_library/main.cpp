/* SPDX-License-Identifier: Apache-2.0 */
/* Classifies one window of raw values through run_classifier and prints every score. */
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "features.h"

static float window[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];

int main(int argc, char **argv) {
    if (features_from_arguments(argc, argv, window, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE) != 0) {
        return 2;
    }
    signal_t signal;
    numpy::signal_from_buffer(window, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, &signal);
    ei_impulse_result_t result;
    run_classifier_init();
    EI_IMPULSE_ERROR error = run_classifier(&signal, &result);
    if (error != EI_IMPULSE_OK) {
        fprintf(stderr, "error: run_classifier returned %d\n", static_cast<int>(error));
        return 1;
    }
    for (int i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) {
        printf("%s: %.9g\n",
               result.classification[i].label,
               static_cast<double>(result.classification[i].value));
    }
#if EI_CLASSIFIER_HAS_ANOMALY
    printf("anomaly: %.9g\n", static_cast<double>(result.anomaly));
#endif
    return 0;
}
