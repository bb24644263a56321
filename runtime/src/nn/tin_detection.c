/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes are decoded one by one, best score first, until enough are kept: candidates wait in a heap,
   and only what was kept is remembered. */
#include "tin/canonical.h"
#include "tin/math.h"
#include "tin/nn/detection.h"

#define ANY_CLASS (-1)

typedef struct {
    float top, left, bottom, right;
} box;

typedef struct {
    float score;
    int32_t index; /* of the box */
} candidate;

/* The inputs as floats. `steps` is NULL where they are. */
typedef struct {
    const tin_detection_f32 *params;
    const tin_detection_s8 *steps;
    const void *encodings;
    const void *scores;
} network;

typedef struct {
    float *boxes;
    float *classes;
    float *scores;
    int32_t count;
} detections;

static float encoding_at(const network *from, int32_t at) {
    const tin_detection_s8 *steps = from->steps;
    if (steps) {
        int32_t value = ((const int8_t *)from->encodings)[at] - steps->box_zero_point;
        return steps->box_scale * (float)value;
    }
    return ((const float *)from->encodings)[at];
}

static float score_at(const network *from, int32_t index, int32_t label) {
    const tin_detection_f32 *params = from->params;
    const tin_detection_s8 *steps = from->steps;
    int32_t background = params->num_scores - params->num_classes;
    int32_t at = index * params->num_scores + background + label;
    if (steps) {
        int32_t value = ((const int8_t *)from->scores)[at] - steps->score_zero_point;
        return steps->score_scale * (float)value;
    }
    return ((const float *)from->scores)[at];
}

static int32_t best_class(const network *from, int32_t index) {
    int32_t best = 0;
    for (int32_t label = 1; label < from->params->num_classes; label++) {
        if (score_at(from, index, label) > score_at(from, index, best)) {
            best = label;
        }
    }
    return best;
}

static box decode(const network *from, int32_t index) {
    const tin_detection_f32 *params = from->params;
    const float *anchor = params->anchors + 4 * index;
    float y = encoding_at(from, 4 * index) / params->y_scale * anchor[2] + anchor[0];
    float x = encoding_at(from, 4 * index + 1) / params->x_scale * anchor[3] + anchor[1];
    float height = tin_expf(encoding_at(from, 4 * index + 2) / params->height_scale) * anchor[2];
    float width = tin_expf(encoding_at(from, 4 * index + 3) / params->width_scale) * anchor[3];
    box result;
    result.top = tin_canonical(y - 0.5f * height);
    result.left = tin_canonical(x - 0.5f * width);
    result.bottom = tin_canonical(y + 0.5f * height);
    result.right = tin_canonical(x + 0.5f * width);
    return result;
}

static float smaller(float a, float b) { return a < b ? a : b; }

static float larger(float a, float b) { return a > b ? a : b; }

static float area(const box *a) { return (a->bottom - a->top) * (a->right - a->left); }

/* Intersection over union; 0 where a box has no area. */
static float overlap(const box *a, const box *b) {
    float areas[2] = {area(a), area(b)};
    if (areas[0] <= 0.0f || areas[1] <= 0.0f) {
        return 0.0f;
    }
    float height = larger(smaller(a->bottom, b->bottom) - larger(a->top, b->top), 0.0f);
    float width = larger(smaller(a->right, b->right) - larger(a->left, b->left), 0.0f);
    float both = height * width;
    return both / (areas[0] + areas[1] - both);
}

static int comes_before(const candidate *a, const candidate *b) {
    return a->score > b->score || (a->score == b->score && a->index < b->index);
}

/* Puts heap[at] where neither child comes before it. */
static void sift_down(candidate *heap, int32_t count, int32_t at) {
    candidate moved = heap[at];
    for (int32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && comes_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!comes_before(&heap[child], &moved)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

/* The boxes whose score counts, as a heap; how many. */
static int32_t collect(const network *from, int32_t label, candidate *heap) {
    int32_t count = 0;
    for (int32_t i = 0; i < from->params->num_boxes; i++) {
        float score = score_at(from, i, label == ANY_CLASS ? best_class(from, i) : label);
        if (score >= from->params->score_threshold) {
            heap[count].score = score;
            heap[count].index = i;
            count++;
        }
    }
    for (int32_t at = count / 2 - 1; at >= 0; at--) {
        sift_down(heap, count, at);
    }
    return count;
}

static void write(detections *to, int32_t at, const box *found, int32_t label, float score) {
    to->boxes[4 * at] = found->top;
    to->boxes[4 * at + 1] = found->left;
    to->boxes[4 * at + 2] = found->bottom;
    to->boxes[4 * at + 3] = found->right;
    to->classes[at] = (float)label;
    to->scores[at] = score;
}

/* Behind all scores that are not lower; of a full list the last falls out. */
static void insert(detections *to, int32_t limit, const box *found, int32_t label, float score) {
    int32_t at = to->count < limit ? to->count++ : limit - 1;
    for (; at > 0 && to->scores[at - 1] < score; at--) {
        for (int32_t i = 0; i < 4; i++) {
            to->boxes[4 * at + i] = to->boxes[4 * (at - 1) + i];
        }
        to->classes[at] = to->classes[at - 1];
        to->scores[at] = to->scores[at - 1];
    }
    write(to, at, found, label, score);
}

static int
overlaps_any(const tin_detection_f32 *params, const box *found, const box *kept, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (overlap(found, &kept[i]) > params->overlap_limit) {
            return 1;
        }
    }
    return 0;
}

/* Suppression among the boxes of a class, or of each box's best one. */
static void suppress(const network *from, int32_t label, void *scratch, detections *to) {
    const tin_detection_f32 *params = from->params;
    int32_t limit = params->max_detections;
    box *kept = scratch;
    candidate *heap = (candidate *)(kept + params->max_kept);
    int32_t num_kept = 0;
    for (int32_t count = collect(from, label, heap); count > 0 && num_kept < params->max_kept;) {
        candidate best = heap[0];
        if (to->count == limit && best.score <= to->scores[limit - 1]) {
            break; /* neither this one nor those behind it enter the list */
        }
        heap[0] = heap[--count];
        sift_down(heap, count, 0);
        box found = decode(from, best.index);
        if (!overlaps_any(params, &found, kept, num_kept)) {
            kept[num_kept++] = found;
            int32_t of = label == ANY_CLASS ? best_class(from, best.index) : label;
            insert(to, limit, &found, of, best.score);
        }
    }
}

static void detect(const network *from, detections *to, float *count, void *scratch) {
    const tin_detection_f32 *params = from->params;
    if (params->is_per_class) {
        for (int32_t label = 0; label < params->num_classes; label++) {
            suppress(from, label, scratch, to);
        }
    } else {
        suppress(from, ANY_CLASS, scratch, to);
    }
    const box nothing = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int32_t i = to->count; i < params->max_detections; i++) {
        write(to, i, &nothing, 0, 0.0f);
    }
    *count = (float)to->count;
}

void tin_detection_run_f32(const tin_detection_f32 *params,
                           const float *encodings,
                           const float *box_scores,
                           float *boxes,
                           float *classes,
                           float *scores,
                           float *count,
                           void *scratch) {
    network from = {params, 0, encodings, box_scores};
    detections to = {boxes, classes, scores, 0};
    detect(&from, &to, count, scratch);
}

void tin_detection_run_s8(const tin_detection_s8 *params,
                          const int8_t *encodings,
                          const int8_t *box_scores,
                          float *boxes,
                          float *classes,
                          float *scores,
                          float *count,
                          void *scratch) {
    network from = {&params->shape, params, encodings, box_scores};
    detections to = {boxes, classes, scores, 0};
    detect(&from, &to, count, scratch);
}
