/* SPDX-License-Identifier: Apache-2.0 */
/* Types of impulses and handles. */
#ifndef TIN_FORWARD_CLASSIFIER_EI_MODEL_TYPES_H
#define TIN_FORWARD_CLASSIFIER_EI_MODEL_TYPES_H

#include "tin_cpp/types.hpp"

#endif
