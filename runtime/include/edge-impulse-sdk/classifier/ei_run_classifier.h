/* SPDX-License-Identifier: Apache-2.0 */
/* The header existing firmware includes: run_classifier and what comes with it. */
#ifndef TIN_FORWARD_CLASSIFIER_EI_RUN_CLASSIFIER_H
#define TIN_FORWARD_CLASSIFIER_EI_RUN_CLASSIFIER_H

#include "tin_cpp/print.hpp"
#include "tin_cpp/smooth.hpp"

#endif
