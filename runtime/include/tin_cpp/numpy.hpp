/* SPDX-License-Identifier: Apache-2.0 */
/* Wraps arrays as signals and converts sensor integers. */
#ifndef TIN_CPP_NUMPY_HPP
#define TIN_CPP_NUMPY_HPP

#include "tin_cpp/types.hpp"

namespace ei {

class numpy {
  public:
    /* A signal that reads `data` [data_size], which must outlive it. Returns 0. */
    static int signal_from_buffer(const float *data, size_t data_size, signal_t *signal) {
        signal->total_length = data_size;
#if EIDSP_SIGNAL_C_FN_POINTER == 1
        signal->get_data = NULL;
        signal->buffer = data;
#else
        /* One captured pointer fits into std::function itself: no heap. */
        signal->get_data = [data](size_t offset, size_t length, float *out) {
            for (size_t i = 0; i < length; i++) {
                out[i] = data[offset + i];
            }
            return 0;
        };
#endif
        return 0;
    }

    /* Audio stays on the int16 scale: values are converted, not scaled. Returns 0. */
    static int int16_to_float(const int16_t *input, float *output, size_t length) {
        return to_float(input, output, length);
    }

    static int int8_to_float(const int8_t *input, float *output, size_t length) {
        return to_float(input, output, length);
    }

  private:
    template <typename T> static int to_float(const T *input, float *output, size_t length) {
        for (size_t i = 0; i < length; i++) {
            output[i] = static_cast<float>(input[i]);
        }
        return 0;
    }
};

} // namespace ei

using ei::numpy;

#endif
