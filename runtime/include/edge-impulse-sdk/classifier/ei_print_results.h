/* SPDX-License-Identifier: Apache-2.0 */
/* Printing of results. */
#ifndef TIN_FORWARD_CLASSIFIER_EI_PRINT_RESULTS_H
#define TIN_FORWARD_CLASSIFIER_EI_PRINT_RESULTS_H

#include "tin_cpp/print.hpp"

#endif
