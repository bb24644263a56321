"""Kernels for DSP instructions of Cortex-M4, M7 and M33: pairs of int16 products."""

from __future__ import annotations

from tinsmith.compiler.backends.armv7em_dsp_add import lower_add
from tinsmith.compiler.backends.armv7em_dsp_convolution import lower_conv2d
from tinsmith.compiler.backends.armv7em_dsp_dense import lower_dense
from tinsmith.compiler.backends.armv7em_dsp_depthwise import lower_depthwise
from tinsmith.compiler.backends.armv7em_dsp_pool2d import lower_pool2d
from tinsmith.compiler.backends.base import Backend

ARMV7EM_DSP = Backend(
    "armv7em_dsp",
    "Cortex-M with the DSP extension: M4, M7, M33",
    {
        "ADD": lower_add,
        "AVERAGE_POOL_2D": lower_pool2d,
        "CONV_2D": lower_conv2d,
        "DEPTHWISE_CONV_2D": lower_depthwise,
        "FULLY_CONNECTED": lower_dense,
        "MAX_POOL_2D": lower_pool2d,
    },
)
