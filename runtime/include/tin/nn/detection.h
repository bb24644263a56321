/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes of a single-shot detector: decoding against anchors, and non-maximum suppression. */
#ifndef TIN_NN_DETECTION_H
#define TIN_NN_DETECTION_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_boxes;
    int32_t num_scores;     /* values a box; a background class may come first */
    int32_t num_classes;    /* the last so many of them */
    int32_t max_detections; /* at most so many come out */
    int32_t max_kept;       /* at most so many survive one suppression */
    int32_t is_per_class;   /* suppress within each class, not by each box's best class */
    float score_threshold;  /* boxes below do not count */
    float overlap_limit;    /* intersection over union above which the lower score goes */
    float y_scale;
    float x_scale;
    float height_scale;
    float width_scale;
    const float *anchors; /* [num_boxes][4]: centre y, centre x, height, width */
} tin_detection_f32;

/* value = scale * (input - zero_point) */
typedef struct {
    tin_detection_f32 shape;
    float box_scale;
    int32_t box_zero_point;
    float score_scale;
    int32_t score_zero_point;
} tin_detection_s8;

/*
 * encodings [num_boxes][4] are y, x, h, w: a box has its centre at y / y_scale * height + centre y
 * of its anchor and the height e^(h / height_scale) * height; x and w alike.
 *
 * boxes [max_detections][4] are top, left, bottom, right; classes and scores [max_detections]; the
 * first count[0] are valid, by falling score, the others 0. Of equal scores the lower class, then
 * the lower box comes first. scratch: 16 bytes * max_kept and 8 bytes * num_boxes, aligned to 4.
 */
void tin_detection_run_f32(const tin_detection_f32 *params,
                           const float *encodings,
                           const float *box_scores,
                           float *boxes,
                           float *classes,
                           float *scores,
                           float *count,
                           void *scratch);
void tin_detection_run_s8(const tin_detection_s8 *params,
                          const int8_t *encodings,
                          const int8_t *box_scores,
                          float *boxes,
                          float *classes,
                          float *scores,
                          float *count,
                          void *scratch);

#ifdef __cplusplus
}
#endif

#endif
