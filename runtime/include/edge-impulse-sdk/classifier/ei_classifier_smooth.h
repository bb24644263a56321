/* SPDX-License-Identifier: Apache-2.0 */
/* Steadying of results. */
#ifndef TIN_FORWARD_CLASSIFIER_EI_CLASSIFIER_SMOOTH_H
#define TIN_FORWARD_CLASSIFIER_EI_CLASSIFIER_SMOOTH_H

#include "tin_cpp/smooth.hpp"

#endif
