/* SPDX-License-Identifier: Apache-2.0 */
/* Pixels of an image as red, green and blue, or as luma, from 0 to 1. */
#include "tin/image.h"

#define WHITE 0xffffff

/* 1/255, and the luma weights .299, .587 and .114 over 255 */
#define UNIT (1.0f / 255.0f)
#define RED_WEIGHT ((float)(0.299 / 255.0))
#define GREEN_WEIGHT ((float)(0.587 / 255.0))
#define BLUE_WEIGHT ((float)(0.114 / 255.0))

tin_status tin_image_init(const void *config) {
    const tin_image_config *image = config;
    if (!image || image->num_pixels < 1) {
        return TIN_STATUS_ARG;
    }
    return image->num_channels == 1 || image->num_channels == 3 ? TIN_OK : TIN_STATUS_ARG;
}

int32_t tin_image_buffer_size(const void *config) {
    (void)config;
    return 0;
}

int32_t tin_image_config_size(void) { return (int32_t)sizeof(tin_image_config); }

/* The number as 0xRRGGBB; below black (and NaN) is black, above white is white. */
static int32_t colour(float pixel) {
    if (!(pixel > 0.0f)) {
        return 0;
    }
    return pixel < (float)WHITE ? (int32_t)pixel : WHITE;
}

TIN_NOINLINE tin_status tin_image_run(const void *config,
                                      const tin_signal *signal,
                                      float *features,
                                      float *scratch) {
    const tin_image_config *image = config;
    const int32_t count = image->num_pixels;
    const int32_t channels = image->num_channels;
    /* Pixels are read into the last part of the features, which then fill from the front. */
    float *pixels = features + (channels - 1) * count;
    const tin_status status = tin_signal_read(signal, 0, (size_t)count, pixels);
    if (status != TIN_OK) {
        return status;
    }
    for (int32_t i = 0; i < count; i++) {
        const int32_t rgb = colour(pixels[i]);
        const float red = (float)(rgb >> 16);
        const float green = (float)(rgb >> 8 & 0xff);
        const float blue = (float)(rgb & 0xff);
        if (channels == 1) {
            features[i] = red * RED_WEIGHT + green * GREEN_WEIGHT + blue * BLUE_WEIGHT;
        } else {
            features[3 * i] = red * UNIT;
            features[3 * i + 1] = green * UNIT;
            features[3 * i + 2] = blue * UNIT;
        }
    }
    (void)scratch;
    return TIN_OK;
}
