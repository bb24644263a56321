/* SPDX-License-Identifier: Apache-2.0 */
/* Results and error codes. */
#ifndef TIN_FORWARD_CLASSIFIER_EI_CLASSIFIER_TYPES_H
#define TIN_FORWARD_CLASSIFIER_EI_CLASSIFIER_TYPES_H

#include "tin_cpp/types.hpp"

#endif
