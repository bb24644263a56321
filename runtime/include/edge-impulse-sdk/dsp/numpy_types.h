/* SPDX-License-Identifier: Apache-2.0 */
/* signal_t. */
#ifndef TIN_FORWARD_DSP_NUMPY_TYPES_H
#define TIN_FORWARD_DSP_NUMPY_TYPES_H

#include "tin_cpp/types.hpp"

#endif
