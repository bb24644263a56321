/* SPDX-License-Identifier: Apache-2.0 */
/* Steadies a stream of results: reports a label only when enough recent readings agree. */
#ifndef TIN_CPP_SMOOTH_HPP
#define TIN_CPP_SMOOTH_HPP

#include "tin_cpp/types.hpp"

/* Readings there is room for; define a larger number before the include if needed. */
#ifndef TIN_SMOOTH_MAX_READINGS
#define TIN_SMOOTH_MAX_READINGS 64
#endif

namespace tin_cpp {
/* A reading is the index of a label or one of these. */
enum { READING_UNCERTAIN = -1, READING_ANOMALY = -2, READING_NONE = -3 };
} // namespace tin_cpp

typedef struct ei_classifier_smooth {
    int last_readings[TIN_SMOOTH_MAX_READINGS]; /* a ring */
    size_t last_readings_size;
    size_t next; /* where the next reading goes */
    uint8_t min_readings_same;
    float classifier_confidence;
    float anomaly_confidence;
} ei_classifier_smooth_t;

/* n_readings: how many recent results count, 1 to TIN_SMOOTH_MAX_READINGS (more is cut to that).
   min_readings_same: how many of them must agree. */
inline void ei_classifier_smooth_init(ei_classifier_smooth_t *smooth,
                                      size_t n_readings,
                                      uint8_t min_readings_same,
                                      float classifier_confidence = 0.8f,
                                      float anomaly_confidence = 0.3f) {
    size_t most = n_readings < TIN_SMOOTH_MAX_READINGS ? n_readings : TIN_SMOOTH_MAX_READINGS;
    smooth->last_readings_size = most > 0 ? most : 1;
    smooth->next = 0;
    smooth->min_readings_same = min_readings_same;
    smooth->classifier_confidence = classifier_confidence;
    smooth->anomaly_confidence = anomaly_confidence;
    for (size_t i = 0; i < TIN_SMOOTH_MAX_READINGS; i++) {
        smooth->last_readings[i] = tin_cpp::READING_NONE;
    }
}

namespace tin_cpp {

inline int to_reading(const ei_classifier_smooth_t *smooth, const ei_impulse_result_t *result) {
    if (EI_CLASSIFIER_HAS_ANOMALY && result->anomaly >= smooth->anomaly_confidence) {
        return READING_ANOMALY;
    }
    int best = READING_UNCERTAIN;
    float highest = smooth->classifier_confidence;
    for (int i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) {
        if (result->classification[i].value >= highest) {
            highest = result->classification[i].value;
            best = i;
        }
    }
    return best;
}

inline size_t count_reading(const ei_classifier_smooth_t *smooth, int reading) {
    size_t count = 0;
    for (size_t i = 0; i < smooth->last_readings_size; i++) {
        count += smooth->last_readings[i] == reading ? 1u : 0u;
    }
    return count;
}

} // namespace tin_cpp

/* Takes in a result; returns the label most recent readings agree on, "anomaly" or "uncertain". */
inline const char *ei_classifier_smooth_update(ei_classifier_smooth_t *smooth,
                                               ei_impulse_result_t *result) {
    smooth->last_readings[smooth->next] = tin_cpp::to_reading(smooth, result);
    smooth->next = (smooth->next + 1) % smooth->last_readings_size;
    int winner = tin_cpp::READING_UNCERTAIN;
    size_t most = 0;
    for (int reading = tin_cpp::READING_ANOMALY; reading < EI_CLASSIFIER_LABEL_COUNT; reading++) {
        size_t count = tin_cpp::count_reading(smooth, reading);
        if (count > most && count >= smooth->min_readings_same) {
            most = count;
            winner = reading;
        }
    }
    if (winner == tin_cpp::READING_ANOMALY) {
        return "anomaly";
    }
    return winner >= 0 ? result->classification[winner].label : "uncertain";
}

/* Nothing to free: the readings lie in the struct. */
inline void ei_classifier_smooth_free(ei_classifier_smooth_t *smooth) { (void)smooth; }

#endif
