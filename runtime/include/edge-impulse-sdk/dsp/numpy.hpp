/* SPDX-License-Identifier: Apache-2.0 */
/* numpy::signal_from_buffer and conversions of integers. */
#ifndef TIN_FORWARD_DSP_NUMPY_HPP
#define TIN_FORWARD_DSP_NUMPY_HPP

#include "tin_cpp/numpy.hpp"

#endif
