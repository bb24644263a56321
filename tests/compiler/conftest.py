"""Model files made with the schema classes, and ways to run them."""

from __future__ import annotations

import copy
import functools
import itertools
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from tinsmith.compiler import CompiledModel, compile_model
from tinsmith.core.paths import runtime_dir
from tinsmith.emulation import Layout, RunReport
from tinsmith.emulation import run as emulate
from tinsmith.toolchain import Build, BuildRequest, Generated, build, target

Values = npt.NDArray[Any]

_OPTIONS = {
    "CONV_2D": schema.Conv2DOptionsT,
    "DEPTHWISE_CONV_2D": schema.DepthwiseConv2DOptionsT,
    "MAX_POOL_2D": schema.Pool2DOptionsT,
    "AVERAGE_POOL_2D": schema.Pool2DOptionsT,
    "FULLY_CONNECTED": schema.FullyConnectedOptionsT,
    "SOFTMAX": schema.SoftmaxOptionsT,
    "CONCATENATION": schema.ConcatenationOptionsT,
    "ADD": schema.AddOptionsT,
    "SUB": schema.SubOptionsT,
    "MUL": schema.MulOptionsT,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"), schema.ReducerOptionsT),
    "ARG_MAX": schema.ArgMaxOptionsT,
    "ARG_MIN": schema.ArgMinOptionsT,
    "DIV": schema.DivOptionsT,
    "L2_NORMALIZATION": schema.L2NormOptionsT,
    "LEAKY_RELU": schema.LeakyReluOptionsT,
    "RESHAPE": schema.ReshapeOptionsT,
    "SQUEEZE": schema.SqueezeOptionsT,
    "CAST": schema.CastOptionsT,
    "DEPTH_TO_SPACE": schema.DepthToSpaceOptionsT,
    "GATHER": schema.GatherOptionsT,
    "MIRROR_PAD": schema.MirrorPadOptionsT,
    "PACK": schema.PackOptionsT,
    "RESIZE_BILINEAR": schema.ResizeBilinearOptionsT,
    "RESIZE_NEAREST_NEIGHBOR": schema.ResizeNearestNeighborOptionsT,
    "SPACE_TO_DEPTH": schema.SpaceToDepthOptionsT,
    "SPLIT": schema.SplitOptionsT,
    "SPLIT_V": schema.SplitVOptionsT,
    "STRIDED_SLICE": schema.StridedSliceOptionsT,
    "UNPACK": schema.UnpackOptionsT,
    "TRANSPOSE_CONV": schema.TransposeConvOptionsT,
    "BATCH_MATMUL": schema.BatchMatMulOptionsT,
    "SVDF": schema.SVDFOptionsT,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": schema.UnidirectionalSequenceLSTMOptionsT,
    "CALL_ONCE": schema.CallOnceOptionsT,
    "VAR_HANDLE": schema.VarHandleOptionsT,
    "READ_VARIABLE": schema.ReadVariableOptionsT,
    "ASSIGN_VARIABLE": schema.AssignVariableOptionsT,
}


class ModelMaker:
    """Writes a `.tflite` model operator by operator."""

    def __init__(self) -> None:
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.operatorCodes, self._model.subgraphs = [], [self._graph]
        self._model.buffers = [schema.BufferT()]

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        axis: int = 0,
        data: Any = None,
        buffer: int = 0,
        variable: bool = False,
    ) -> int:
        """Adds a tensor; its index. `data`, or an earlier buffer, makes it a constant."""
        tensor = schema.TensorT()
        tensor.name = f"t{len(self._graph.tensors)}".encode()
        tensor.shape = [int(size) for size in shape]
        tensor.type = getattr(schema.TensorType, dtype.upper())
        tensor.buffer = buffer
        tensor.isVariable = variable
        if scale is not None:
            scales = [scale] if isinstance(scale, float) else list(scale)
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales
            tensor.quantization.zeroPoint = [zero_point] * len(scales)
            tensor.quantization.quantizedDimension = axis
        if data is not None:
            constant = schema.BufferT()
            constant.data = np.frombuffer(np.asarray(data, dtype).tobytes(), np.uint8)
            self._model.buffers.append(constant)
            tensor.buffer = len(self._model.buffers) - 1
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any
    ) -> None:
        """Adds an operator; options by the schema's field names."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name, schema.BuiltinOperator.CUSTOM)
        if code.builtinCode == schema.BuiltinOperator.CUSTOM:
            code.customCode = name
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if "custom" in options:
            operator.customOptions = np.frombuffer(options["custom"], np.uint8)
        if name in _OPTIONS:
            operator.builtinOptions = _OPTIONS[name]()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
            kind = _OPTIONS[name].__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        self._graph.operators.append(operator)

    def another(self) -> ModelMaker:
        """Writes another subgraph of the same model, without inputs and outputs."""
        other = copy.copy(self)
        other._graph = schema.SubGraphT()
        other._graph.tensors, other._graph.operators = [], []
        other._graph.inputs, other._graph.outputs = [], []
        self._model.subgraphs.append(other._graph)
        return other

    def finish(self, inputs: Sequence[int], outputs: Sequence[int], *, subgraphs: int = 1) -> bytes:
        """The bytes of the file."""
        self._graph.inputs, self._graph.outputs = list(inputs), list(outputs)
        if subgraphs > 1:
            self._model.subgraphs = [self._graph] * subgraphs
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())


@pytest.fixture
def maker() -> ModelMaker:
    """An empty model."""
    return ModelMaker()


@pytest.fixture(scope="session")
def new_maker() -> type[ModelMaker]:
    """Makes empty models."""
    return ModelMaker


_WRAPPER = """
#include "tin/model.h"
{includes}
static const tin_model *const models[] = {{ {models} }};
static uint8_t kept[{kept_bytes}]; /* state of all models, while others use the arena */

int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch);

static const int32_t offsets[] = {{ {offsets} }};

static void copy(uint8_t *to, const uint8_t *from, int32_t count) {{
    for (int32_t i = 0; i < count; i++) {{
        to[i] = from[i];
    }}
}}

static const float *set(const tin_model_tensor *to, uint8_t *arena, const float *from) {{
    for (int32_t i = 0; i < to->count; i++) {{
        uint8_t *at = arena + to->offset;
        switch (to->type) {{
        case TIN_TYPE_S8: ((int8_t *)at)[i] = (int8_t)*from++; break;
        case TIN_TYPE_S16: ((int16_t *)at)[i] = (int16_t)*from++; break;
        case TIN_TYPE_S32: ((int32_t *)at)[i] = (int32_t)*from++; break;
        case TIN_TYPE_BOOL: at[i] = *from++ != 0.0f; break;
        default: ((float *)at)[i] = *from++; break;
        }}
    }}
    return from;
}}

static float *get(const tin_model_tensor *from, const uint8_t *arena, float *to) {{
    for (int32_t i = 0; i < from->count; i++) {{
        const uint8_t *at = arena + from->offset;
        switch (from->type) {{
        case TIN_TYPE_S8: *to++ = (float)((const int8_t *)at)[i]; break;
        case TIN_TYPE_S16: *to++ = (float)((const int16_t *)at)[i]; break;
        case TIN_TYPE_S32: *to++ = (float)((const int32_t *)at)[i]; break;
        case TIN_TYPE_BOOL: *to++ = (float)at[i]; break;
        default: *to++ = ((const float *)at)[i]; break;
        }}
    }}
    return to;
}}

int32_t tin_run_windows(const float *windows, int32_t count, float *features, float *values,
                        void *scratch) {{
    (void)features;
    for (int32_t step = 0; step < count * {steps}; step++) {{
        for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {{
            const tin_model *model = models[m];
            for (int32_t i = 0; i < model->arena_bytes; i++) {{
                ((uint8_t *)scratch)[i] = (uint8_t)(i * 37 + m);
            }}
            uint8_t *state = kept + offsets[m];
            if (step % {steps} == 0 && model->reset) {{
                model->reset(scratch);
            }} else {{
                copy(scratch, state, model->state_bytes);
            }}
            for (int32_t i = 0; i < model->num_inputs; i++) {{
                windows = set(&model->inputs[i], scratch, windows);
            }}
            model->invoke(scratch);
            copy(state, scratch, model->state_bytes);
            for (int32_t i = 0; i < model->num_outputs; i++) {{
                values = get(&model->outputs[i], scratch, values);
            }}
        }}
    }}
    return 0;
}}
"""


_MODELS_PER_FILE = 48

# Many tests hold something against the same plain build of a public model.
_compiled = functools.lru_cache(maxsize=32)(compile_model)


@dataclass(frozen=True)
class Bundle:
    """Several models in one program, run one after the other on one window.

    A window is the concatenation of their inputs, the values that of their outputs; int8 values
    travel as floats. Before each model runs its arena is filled with rubbish. Where a model keeps
    state, a window is several runs in a row, one after the other in every list here; the state is
    reset before the first.
    """

    files: Mapping[str, bytes]
    compiled: Mapping[str, CompiledModel]

    @staticmethod
    def of(files: Mapping[str, bytes], **options: Any) -> Bundle:
        """Compiles `files`; `options` are those of `compile_model`."""
        compiled = {name: _compiled(data, name=name, **options) for name, data in files.items()}
        return Bundle(files, compiled)

    @property
    def sources(self) -> tuple[Path | Generated, ...]:
        """Generated files and core files."""
        wrapper = _WRAPPER.format(
            includes="\n".join(f'#include "{name}.h"' for name in self.compiled),
            models=", ".join(f"&{name}" for name in self.compiled),
            offsets=", ".join(map(str, self._state_offsets[:-1])),
            kept_bytes=self._state_offsets[-1] + 1,
            steps=self.steps,
        )
        generated = [Generated("run_models.c", wrapper)]
        generated += [Generated(f"{name}.h", m.header) for name, m in self.compiled.items()]
        # Starting the compiler takes longer than compiling one of these models.
        texts = [model.source for model in self.compiled.values()]
        generated += [
            Generated(f"models_{first}.c", "\n".join(texts[first : first + _MODELS_PER_FILE]))
            for first in range(0, len(texts), _MODELS_PER_FILE)
        ]
        core = sorted({source for model in self.compiled.values() for source in model.core_sources})
        return (*generated, *(runtime_dir() / "src" / source for source in core))

    def only(self, names: Sequence[str]) -> Bundle:
        """Some of the models."""
        return Bundle(
            {name: self.files[name] for name in names},
            {name: self.compiled[name] for name in names},
        )

    def gather(self, inputs: Mapping[str, list[Values]]) -> npt.NDArray[np.float32]:
        """A window from the inputs of each model, as `split_inputs` gives them."""
        parts = [
            value.reshape(-1).astype(np.float32)
            for step in range(self.steps)
            for name, model in self.compiled.items()
            for value in inputs[name][step * len(model.inputs) : (step + 1) * len(model.inputs)]
        ]
        return np.concatenate(parts)

    @property
    def steps(self) -> int:
        """Runs in a row that make a window."""
        return 4 if any(model.state_bytes for model in self.compiled.values()) else 1

    @property
    def _state_offsets(self) -> list[int]:
        """Where each model's state is kept, and the end."""
        sizes = (model.state_bytes for model in self.compiled.values())
        return [0, *itertools.accumulate(sizes)]

    @property
    def layout(self) -> Layout:
        return Layout(
            window_length=self.steps * sum(self._length(m.inputs) for m in self.compiled.values()),
            num_features=0,
            num_values=self.steps * sum(self._length(m.outputs) for m in self.compiled.values()),
            scratch_bytes=max(model.arena_bytes for model in self.compiled.values()),
        )

    @staticmethod
    def _length(ports: Sequence[Any]) -> int:
        return sum(math.prod(port.shape) for port in ports)

    def build(self, target_name: str) -> Build:
        request = BuildRequest(
            target=target(target_name), sources=self.sources, exports=("tin_run_windows",)
        )
        return build(request)

    def run(
        self,
        target_name: str,
        windows: npt.NDArray[np.float32],
        *,
        markers: Sequence[str] = (),
    ) -> RunReport:
        return emulate(
            self.build(target_name), self.layout, windows, markers=tuple(markers), threads=1
        )

    def windows(self, count: int, seed: int = 0) -> npt.NDArray[np.float32]:
        """Random inputs; the first ones saturate int8."""
        rng = np.random.default_rng(seed)
        rows = []
        for index in range(count):
            parts = [
                _input(port.dtype, math.prod(port.shape), index + step, rng)
                for step in range(self.steps)
                for model in self.compiled.values()
                for port in model.inputs
            ]
            rows.append(np.concatenate(parts))
        return np.array(rows, np.float32)

    def split_inputs(self, window: npt.NDArray[np.float32]) -> dict[str, list[Values]]:
        """Inputs of each model, typed and shaped."""
        return self._split(window, "inputs")

    def split_outputs(self, values: npt.NDArray[np.float32]) -> dict[str, list[Values]]:
        """Outputs of each model, typed and shaped."""
        return self._split(values, "outputs")

    def _split(self, flat: npt.NDArray[np.float32], side: str) -> dict[str, list[Values]]:
        found: dict[str, list[Values]] = {name: [] for name in self.compiled}
        start = 0
        for name, model in list(self.compiled.items()) * self.steps:
            for port in getattr(model, side):
                end = start + math.prod(port.shape)
                found[name].append(flat[start:end].astype(port.dtype).reshape(port.shape))
                start = end
        return found


def _input(dtype: str, size: int, index: int, rng: np.random.Generator) -> Values:
    if dtype == "float32":
        return (rng.standard_normal(size) * (1.0, 10.0, 0.1, 0.0)[index % 4]).astype(np.float32)
    if dtype == "bool":
        return rng.integers(0, 2, size).astype(np.float32)
    low, high = {"int8": (-128, 127), "int16": (-32768, 32767), "int32": (-1000, 1000)}[dtype]
    if index < 3:
        return np.full(size, (low, high, 0)[index], np.float32)
    if index == 3:
        return rng.choice([low, high], size).astype(np.float32)
    return rng.integers(low, high + 1, size).astype(np.float32)


@pytest.fixture(scope="session")
def bundle_of() -> Any:
    """Compiles several model files for one program."""
    return Bundle.of


class Oracle:
    """TensorFlow Lite Micro with its reference kernels."""

    def __init__(self, tflite: bytes) -> None:
        from tflite_micro import runtime

        with _quiet() as log:
            try:
                self._interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=1 << 21)
            except RuntimeError as error:
                log.seek(0)
                raise RuntimeError(f"{error}: {log.read().decode(errors='replace')}") from error

    def run(self, inputs: Sequence[Values]) -> Values:
        for index, value in enumerate(inputs):
            self._interpreter.set_input(value, index)
        self._interpreter.invoke()
        return self.output(0)

    def output(self, index: int) -> Values:
        """An output of the last run."""
        result: Values = self._interpreter.get_output(index)
        return result


@contextmanager
def _quiet() -> Iterator[Any]:
    """Keeps the interpreter's messages off the terminal."""
    with tempfile.TemporaryFile() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield file
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@pytest.fixture(scope="session")
def oracle() -> type[Oracle]:
    """Opens a model file with the reference interpreter, or skips when it is not installed."""
    pytest.importorskip("tflite_micro")
    return Oracle


@pytest.fixture
def gcc() -> str:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    return compiler


_MAIN = """
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int32_t tin_run_windows(const float *, int32_t, float *, float *, void *);
int main(void) {{
    float *windows = malloc({inputs} * sizeof(float)), *values = malloc({outputs} * sizeof(float));
    void *scratch = malloc({scratch});
    if (fread(windows, sizeof(float), {inputs}, stdin) != {inputs}) return 1;
    if (tin_run_windows(windows, {count}, 0, values, scratch)) return 2;
    fwrite(values, sizeof(float), {outputs}, stdout);
    free(windows); free(values); free(scratch);
    return 0;
}}
"""


def _write(folder: Path, sources: tuple[Path | Generated, ...]) -> list[Path]:
    """Generated files go to `folder`; all C files to compile."""
    files: list[Path] = []
    for source in sources:
        if isinstance(source, Generated):
            (folder / source.name).write_text(source.text)
            path = folder / source.name
        else:
            path = source
        if path.suffix == ".c":
            files.append(path)
    return files


@pytest.fixture(scope="session")
def sanitized_object(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """Compiles files of the core with sanitizers, each once for all tests."""
    folder = tmp_path_factory.mktemp("sanitized")

    @functools.cache
    def compiled(gcc: str, source: Path) -> Path:
        path = folder / ("-".join(source.relative_to(runtime_dir()).parts) + ".o")
        subprocess.run([gcc, *_SANITIZED, "-c", str(source), "-o", str(path)], check=True)
        return path

    return compiled


# For this processor: kernels of other levels would be compiled and never run.
_SANITIZED = (
    "-std=c99", "-O1", "-march=native", "-ffp-contract=off", f"-I{runtime_dir() / 'include'}",
    "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
)  # fmt: skip


@pytest.fixture
def run_sanitized(
    gcc: str, tmp_path: Path, sanitized_object: Callable[[str, Path], Path]
) -> Callable[..., Values]:
    """Runs a bundle built with address and undefined-behaviour sanitizers; its values."""

    def run(bundle: Bundle, windows: npt.NDArray[np.float32]) -> Values:
        layout = bundle.layout
        main = _MAIN.format(
            inputs=windows.size,
            outputs=len(windows) * layout.num_values,
            scratch=layout.scratch_bytes,
            count=len(windows),
        )
        files = [
            file if file.is_relative_to(tmp_path) else sanitized_object(gcc, file)
            for file in _write(tmp_path, (Generated("main.c", main), *bundle.sources))
        ]
        program = str(tmp_path / "run")
        flags = (*_SANITIZED, f"-I{tmp_path}")
        subprocess.run([gcc, *flags, "-o", program, *map(str, files)], check=True)
        done = subprocess.run([program], input=windows.tobytes(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return np.frombuffer(done.stdout, np.float32).reshape(len(windows), -1)

    return run
