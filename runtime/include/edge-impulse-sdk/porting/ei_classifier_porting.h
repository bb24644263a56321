/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware may supply. */
#ifndef TIN_FORWARD_PORTING_EI_CLASSIFIER_PORTING_H
#define TIN_FORWARD_PORTING_EI_CLASSIFIER_PORTING_H

#include "tin_cpp/porting.hpp"

#endif
