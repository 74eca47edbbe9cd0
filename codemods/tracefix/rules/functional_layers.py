"""A layer's call as the function that the layer calls, with the same parameters.

`self.step(x)` is `F.linear(x, step_weight, step_bias)` where these are given as arguments.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from tracefix.facts.layers import Layer, layer_of
from tracefix.facts.regions import Stays
from tracefix.rules.layer_functions import FUNCTIONS, LEGACY

Ask = Callable[[str, str], str]  # an attribute of the layer and its type -> its parameter's name


@dataclass(frozen=True)
class Parametric:
    """A layer with parameters: the function's tensors, and what else its __init__ is given."""

    function: str
    tensors: tuple[str, ...]
    settings: tuple[tuple[int, str, str], ...] = ()  # place in __init__, keyword, attribute's type
    bias_flag: tuple[str, int] | None = ("bias", 9)  # the argument that may leave the bias out
    inputs: int = 1
    only_default: tuple[tuple[str, int], ...] = ()  # arguments that must not be given


def _convolution(n: int) -> Parametric:
    sizes = f"Tuple[{', '.join(['int'] * n)}]"
    settings = ((3, "stride", sizes), (4, "padding", sizes), (5, "dilation", sizes))
    return Parametric(
        f"{{F}}.conv{n}d", ("weight", "bias"), (*settings, (6, "groups", "int")), ("bias", 7),
        only_default=(("padding_mode", 8),),
    )  # fmt: skip


def _transposed(n: int) -> Parametric:
    sizes = f"Tuple[{', '.join(['int'] * n)}]"
    settings = ((3, "stride", sizes), (4, "padding", sizes), (5, "output_padding", sizes))
    return Parametric(
        f"{{F}}.conv_transpose{n}d", ("weight", "bias"),
        (*settings, (6, "groups", "int"), (8, "dilation", sizes)), ("bias", 7),
        only_default=(("padding_mode", 9),),
    )  # fmt: skip


_CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
PARAMETRIC: dict[str, Parametric] = {
    "Linear": Parametric("{F}.linear", ("weight", "bias"), bias_flag=("bias", 2)),
    **{f"Conv{n}d": _convolution(n) for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _transposed(n) for n in (1, 2, 3)},
    "Embedding": Parametric(
        "{F}.embedding", ("weight",), ((2, "padding_idx", "Optional[int]"),), None,
        only_default=(
            ("max_norm", 3), ("norm_type", 4), ("scale_grad_by_freq", 5), ("sparse", 6),
        ),
    ),
    "PReLU": Parametric("{F}.prelu", ("weight",), (), None),
    "GRUCell": Parametric("torch.gru_cell", _CELL, bias_flag=("bias", 2), inputs=2),
    "LSTMCell": Parametric("torch.lstm_cell", _CELL, bias_flag=("bias", 2), inputs=2),
    "RNNCell": Parametric(
        "torch.rnn_tanh_cell", _CELL, (), ("bias", 2), 2, only_default=(("nonlinearity", 3),)
    ),
}  # fmt: skip
_NORMS = {
    "LayerNorm": ("{F}.layer_norm", "normalized_shape", "List[int]", 1, "elementwise_affine", 2),
    "GroupNorm": ("{F}.group_norm", "num_groups", "int", 2, "affine", 3),
}
_DROPOUT = {"Dropout": "dropout", "Dropout1d": "dropout1d", "Dropout2d": "dropout2d"}


def functional_call(layer: Layer, inputs: list[str], functional: str, ask: Ask) -> str:
    """The call of the layer's function on `inputs`, given as they stand in a template.

    `ask` gives the parameter that an attribute of the layer becomes. Raises Stays.
    """
    kind = layer.kind
    if any(isinstance(a, ast.Starred) for a in layer.call.args):
        raise Stays(f"{layer.name} is made with starred arguments")
    wanted = PARAMETRIC[kind].inputs if kind in PARAMETRIC else 1
    if len(inputs) != wanted:
        raise Stays(f"{layer.name} is called with other arguments than its inputs")
    if kind == "Identity":
        return inputs[0]
    if kind == "Sequential":
        return _sequence(layer, inputs, functional, ask)
    if kind in PARAMETRIC:
        text = _parametric(layer, PARAMETRIC[kind], inputs, ask)
    elif kind in _NORMS:
        text = _norm(layer, inputs, ask)
    elif kind in _DROPOUT:
        _check_defaults(layer, (("inplace", 1),))
        rate = _given(layer, "p", 0, "float", ask) or "0.5"
        text = f"{{F}}.{_DROPOUT[kind]}({inputs[0]}, {rate}, {ask('training', 'bool')})"
    else:
        text = _plain(layer, inputs)
    return text.replace("{F}", functional)


def _sequence(layer: Layer, inputs: list[str], functional: str, ask: Ask) -> str:
    if layer.call.keywords:
        raise Stays(f"{layer.name} is made with keywords")
    text = inputs[0]
    for number, argument in enumerate(layer.call.args):
        inner = layer_of(argument, layer.made_by)
        if inner is None or not inner.kind:
            raise Stays(f"what {layer.name} holds is not known")
        asked: Ask = lambda name, type_, at=number: ask(f"{at}.{name}", type_)  # type: ignore[misc]  # noqa: E731
        text = functional_call(inner, [text], functional, asked)
    return text


def _parametric(layer: Layer, form: Parametric, inputs: list[str], ask: Ask) -> str:
    _check_defaults(layer, form.only_default)
    names = list(form.tensors)
    types = dict.fromkeys(names, "Tensor")
    if layer.kind.startswith("Conv"):
        types["bias"] = "Optional[Tensor]"  # as these classes declare it, and so TorchScript
    if form.bias_flag is not None:
        flag = layer.given(*form.bias_flag)
        biases = [name for name in names if name.startswith("bias")]
        if isinstance(flag, ast.Constant) and flag.value is False:
            names = [name for name in names if name not in biases]
        elif flag is not None and not (isinstance(flag, ast.Constant) and flag.value is True):
            types |= dict.fromkeys(biases, "Optional[Tensor]")
    given = [*inputs, *(ask(name, types[name]) for name in names)]
    for place, keyword, type_ in form.settings:
        value = _given(layer, keyword, place, type_, ask)
        if value is not None:
            given.append(f"{keyword}={value}")
    return f"{form.function}({', '.join(given)})"


def _norm(layer: Layer, inputs: list[str], ask: Ask) -> str:
    function, shape, type_, eps_place, flag_name, flag_place = _NORMS[layer.kind]
    first = _given(layer, shape, 0, type_, ask)
    if layer.kind == "LayerNorm":
        first = ask(shape, type_)
    affine = _written_flag(layer, flag_name, flag_place)
    has_bias = layer.kind == "GroupNorm" or _written_flag(layer, "bias", 3)
    given = [*inputs, first or ""]
    if affine:
        given += [ask("weight", "Tensor"), ask("bias", "Tensor") if has_bias else "None"]
    eps = _given(layer, "eps", eps_place, "float", ask)
    if eps is not None:
        given.append(f"eps={eps}")
    return f"{function}({', '.join(given)})"


def _written_flag(layer: Layer, name: str, place: int) -> bool:
    """A flag that decides which parameters there are, and is True by default."""
    flag = layer.given(name, place)
    if flag is None:
        return True
    if not isinstance(flag, ast.Constant) or not isinstance(flag.value, bool):
        raise Stays(f"whether {layer.name} has parameters depends on its arguments")
    return flag.value


def _plain(layer: Layer, inputs: list[str]) -> str:
    """A layer without parameters, whose arguments are literals."""
    form = FUNCTIONS.get(layer.kind)
    if form is None or form.inputs != 1 or form.sides:
        raise Stays(f"{layer.name} has no form as a function that is known")
    given = list(inputs)
    for number, value in enumerate(layer.call.args):
        if number >= len(form.parameters) or not _is_literal(value):
            raise Stays(f"an argument of {layer.name} is no literal")
        by_name = "" if number < form.in_order else f"{form.parameters[number]}="
        given.append(f"{by_name}{ast.unparse(value)}")
    for keyword in layer.call.keywords:
        if keyword.arg not in form.parameters or keyword.arg in LEGACY:
            raise Stays(f"an argument of {layer.name} is none of its function's")
        if not _is_literal(keyword.value):
            raise Stays(f"an argument of {layer.name} is no literal")
        given.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    names = [*form.parameters[: len(layer.call.args)], *(k.arg for k in layer.call.keywords)]
    given += form.added(name for name in names if name is not None)
    return f"{form.function.replace('{torch}', 'torch')}({', '.join(given)})"


def _given(layer: Layer, name: str, place: int, type_: str, ask: Ask) -> str | None:
    """An argument of the construction: its literal, or the layer's attribute; None for a default."""
    value = layer.given(name, place)
    if value is None:
        return None
    if _is_literal(value):
        return ast.unparse(value)
    if type_.startswith("Optional"):
        raise Stays(f"{name} of {layer.name} is no literal")
    return ask(name, type_)


def _check_defaults(layer: Layer, names: tuple[tuple[str, int], ...]) -> None:
    for name, place in names:
        if layer.given(name, place) is not None:
            raise Stays(f"{layer.name} is made with {name}=")


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return all(_is_literal(e) for e in node.elts)
    if isinstance(node, ast.UnaryOp):
        return _is_literal(node.operand)
    return isinstance(node, ast.Constant)
