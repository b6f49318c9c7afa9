"""From torch to the ONNX step that ships, node by node: so its memory is explicit and its shape fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.clock import HOP, SAMPLES_PER_ROW
from mien.features import BANDS, WINDOW, dft_basis, mel_weights
from mien.features.mel import FLOOR
from mien.train.shape import QUIET_AT, QUIET_FROM, Shape

OPSET, IR = 18, 9


class Graph:
    """An ONNX graph in the making; `op` names its outputs itself."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def weight(self, value: NDArray[Any]) -> str:
        """A constant."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """One node; its first output's name (others end in .1, .2 ...)."""
        name = f"{kind}{len(self.nodes)}"
        names = [name, *(f"{name}.{n}" for n in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return name

    def input(self, name: str, *shape: int | str) -> str:
        """A graph input, float32."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["streams", *shape]))
        return name

    def output(self, name: str, value: str, *shape: int) -> None:
        """A graph output, float32."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["streams", *shape]))

    def linear(self, x: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        """`x @ weight.T + bias`, as torch's Linear stores them."""
        return self.op("Add", self.op("MatMul", x, self.weight(weight.T)), self.weight(bias))

    def remembered(self, name: str, x: str, past: int, *shape: int) -> str:
        """`x` after the last `past` entries of axis 1 of earlier steps; keeps the newest for the next."""
        both = self.op("Concat", self.input(name, past, *shape), x, axis=1)
        ends = self.weight(np.array([np.iinfo(np.int64).max]))
        kept = self.op("Slice", both, self.weight(np.array([-past])), ends, self.weight(np.array([1])))
        self.output(name + "_next", kept, past, *shape)
        return both

    def weighted_past(self, x: str, taps: NDArray[Any], dilation: int) -> str:
        """Sum over axis 1 of every `dilation`-th entry times its tap, keeping the axis.

        That is one output of a causal convolution.
        """
        where = self.weight(np.arange(len(taps)) * dilation)
        product = self.op("Mul", self.op("Gather", x, where, axis=1), self.weight(taps))
        return self.op("ReduceSum", product, self.weight(np.array([1])), keepdims=1)


def _hear(g: Graph, state: dict[str, NDArray[Any]]) -> str:
    """Samples to one row of standardised log-mel, (streams, 1, 2 * BANDS)."""
    samples = g.input("samples", SAMPLES_PER_ROW)
    heard = g.remembered("tail", samples, WINDOW - HOP)
    where = np.arange(WINDOW)[None] + HOP * np.arange(SAMPLES_PER_ROW // HOP)[:, None]
    spectrum = g.op("MatMul", g.op("Gather", heard, g.weight(where), axis=1), g.weight(dft_basis()))
    mel = mel_weights()
    power = g.op("MatMul", g.op("Mul", spectrum, spectrum), g.weight(np.concatenate([mel, mel])))
    log = g.op("Log", g.op("Add", power, g.weight(np.array(FLOOR, "f4"))))
    row = g.op("Reshape", log, g.weight(np.array([0, 1, 2 * BANDS])))
    return g.op("Mul", g.op("Sub", row, g.weight(state["mean"])), g.weight(state["scale"]))


def _norm(g: Graph, x: str, state: dict[str, NDArray[Any]], prefix: str) -> str:
    scale, bias = (g.weight(state[f"{prefix}.{name}"]) for name in ("weight", "bias"))
    return g.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5)


def _block(g: Graph, x: str, state: dict[str, NDArray[Any]], n: int, shape: Shape) -> str:
    dilation = shape.dilations[n]
    normed = _norm(g, x, state, f"blocks.{n}.norm")
    past = g.remembered(f"past{n}", normed, (shape.taps - 1) * dilation, shape.width)
    h = g.weighted_past(past, state[f"blocks.{n}.taps"], dilation)
    both = g.linear(h, state[f"blocks.{n}.gate.weight"], state[f"blocks.{n}.gate.bias"])
    value = g.op("Split", both, axis=2, num_outputs=2, outputs=2)
    gated = g.op("Mul", value, g.op("Sigmoid", value + ".1"))
    return g.op("Add", x, g.linear(gated, state[f"blocks.{n}.mix.weight"], state[f"blocks.{n}.mix.bias"]))


def _sounding(g: Graph, phones: str) -> str:
    """1 in speech, 0 in silence, by the posterior of `sil`, the first symbol: (streams, 1, 1)."""
    zero, one = g.weight(np.array([0])), g.weight(np.array([1]))
    silence = g.op("Slice", phones, zero, one, g.weight(np.array([2])))
    above = g.op("Sub", silence, g.weight(np.array(QUIET_FROM, "f4")))
    rest = g.op("Div", above, g.weight(np.array(QUIET_AT - QUIET_FROM, "f4")))
    least, most = g.weight(np.array(0, "f4")), g.weight(np.array(1, "f4"))
    return g.op("Sub", most, g.op("Clip", rest, least, most))


def step_graph(state: dict[str, NDArray[Any]], shape: Shape) -> bytes:
    """The model file: one step of 320 samples for any number of streams.

    Args:
        state: Weights as `network.export_state` gives them.
        shape: Sizes of the network they belong to.
    """
    g = Graph()
    h = g.linear(_hear(g, state), state["listen.weight"], state["listen.bias"])
    for n in range(len(shape.dilations)):
        h = _block(g, h, state, n, shape)
    h = _norm(g, h, state, "norm")
    channels, symbols = len(state["motion.bias"]), len(state["phones.bias"])
    logits = g.linear(h, state["phones.weight"], state["phones.bias"])
    phones = g.op("Softmax", logits, axis=-1)
    drawn = g.op("Sigmoid", g.linear(h, state["motion.weight"], state["motion.bias"]))
    raw = g.op("Mul", drawn, _sounding(g, phones))
    recent = g.remembered("recent", raw, len(shape.smooth) - 1, channels)
    taps = np.repeat(np.array(shape.smooth, "f4")[::-1, None], channels, axis=1)
    g.output("motion", g.weighted_past(recent, taps, 1), 1, channels)
    g.output("phones", phones, 1, symbols)
    graph = helper.make_graph(g.nodes, "mien", g.inputs, g.outputs, g.weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="mien"
    )
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
