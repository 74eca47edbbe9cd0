"""The types that calls give: of torch, of builtins, of methods and submodules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tracefix.facts import torch_types
from tracefix.facts.literals import literal_int
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.types.join import NUMBERS, Type, Unknown, join
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts.types import Types


def of_call(types: Types, node: ast.Call) -> Type:
    """The type that a call gives."""
    name = types.unit.resolve(node.func)
    if name is not None:
        known = _named_call(types, name, node)
        if known is not None:
            return known
    made = types.project.find_class(types.unit, node.func)
    if made is not None:
        if types.project.is_module(made):
            return "module"
        return Unknown(f"an object of class {made.node.name}")
    found = types.project.find_function(types.unit, node.func)
    if found is not None and found[1].returns is not None:
        return types.annotation(found[1].returns)
    if isinstance(node.func, ast.Attribute):
        return _method_call(types, node.func, node)
    if isinstance(node.func, ast.Call | ast.Subscript) or types.of(node.func) == "module":
        return _module_call(types, node.func)
    return Unknown(f"the result of {ast.unparse(node.func)}()")


def _named_call(types: Types, name: str, node: ast.Call) -> Type | None:
    if name in torch_types.BUILTIN_RESULTS:
        return torch_types.BUILTIN_RESULTS[name]
    if name in ("min", "max", "abs", "round", "sum", "pow", "divmod"):
        return _arithmetic_builtin(types, name, node)
    if name in ("list", "tuple", "sorted") and len(node.args) == 1:
        given = types.of(node.args[0])
        inner = None if isinstance(given, Unknown) else torch_types.element(given)
        return f"List[{inner}]" if inner else Unknown(f"{name}() of unknown elements")
    if name in torch_types.FUNCTION_RESULTS:
        return torch_types.FUNCTION_RESULTS[name]
    if name.startswith("torch.") and _gives_several(node):
        return Unknown(f"what {name}() is asked for")
    if torch_types.gives_no_tensor(name):
        return Unknown(f"the result of {name}()")
    if name.startswith("torch.nn.functional."):
        return "Tensor"
    if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return "Tensor"
    if name.startswith("torch.nn."):
        # A layer, or what a layer's class makes: nn.Embedding.from_pretrained(...).
        made = any(part[:1].isupper() for part in name.split("."))
        return "module" if made else "Tensor"
    if name == "torch.autograd.Variable":
        return "Tensor"
    if name.startswith("torch.") and name.count(".") <= 2:
        short = name.rpartition(".")[2]
        if short[:1].isupper() and not short.endswith("Tensor"):
            return Unknown(f"an object of {name}")
        if short in torch_types.PAIR_WITH_DIM:
            return _reduction(types, node, first=1)
        return torch_types.METHOD_RESULTS.get(short, "Tensor")
    return None


def _gives_several(node: ast.Call) -> bool:
    """Whether a keyword asks for more than one tensor: `return_inverse=True`, `as_tuple=True`."""
    return any(
        k.arg is not None
        and (k.arg.startswith("return_") or k.arg == "as_tuple")
        and not (isinstance(k.value, ast.Constant) and k.value.value is False)
        for k in node.keywords
    )


def _arithmetic_builtin(types: Types, name: str, node: ast.Call) -> Type:
    inner = join(types.of(a) for a in node.args)
    if name == "round" and len(node.args) == 1 and inner in NUMBERS:
        return "int"
    if len(node.args) == 1 and isinstance(inner, str):
        return torch_types.element(inner) or inner
    return inner


def _reduction(types: Types, node: ast.Call, first: int) -> Type:
    """max(x) is a Tensor, max(x, dim) a pair, max(x, other) a Tensor again."""
    if any(k.arg == "dim" for k in node.keywords):
        return "Tuple[Tensor, Tensor]"
    if len(node.args) <= first:
        return "Tensor"
    return "Tensor" if types.is_tensor(node.args[first]) else "Tuple[Tensor, Tensor]"


def _method_call(types: Types, func: ast.Attribute, node: ast.Call) -> Type:
    if is_self_attribute(func):
        owner = types.unit.class_of(func)
        if owner is not None:
            return _own_method(types, ClassInfo(types.unit, owner), func)
    value = types.of(func.value)
    if value == "Tensor" and _gives_several(node):
        return Unknown(f"what {func.attr}() is asked for")
    if value == "Tensor":
        if func.attr == "size" and (node.args or node.keywords):
            return "int"
        if func.attr in torch_types.PAIR_WITH_DIM:
            return _reduction(types, node, first=0)
        return torch_types.METHOD_RESULTS.get(func.attr, "Tensor")
    if value == "torch.Size" and func.attr == "numel":
        return "int"
    if value == "str":
        return "str"
    return value if isinstance(value, Unknown) else Unknown(f".{func.attr}() of {value}")


def _own_method(types: Types, info: ClassInfo, func: ast.Attribute) -> Type:
    found = types.project.find_method(info, func.attr)
    if found is None:
        return _module_call(types, func)
    owner, method = found
    if method.returns is not None:
        return types.annotation(method.returns)
    return types.within(owner.unit).returned(method)


def returned(types: Types, function: FunctionNode) -> Type:
    """The join of what a function's return statements give."""
    values = [
        "None" if n.value is None else types.of(n.value)
        for n in walk(function)
        if isinstance(n, ast.Return) and types.unit.function_of(n) is function
    ]
    return join(values) if values else "None"


def _module_call(types: Types, func: ast.expr) -> Type:
    """What calling a submodule gives, by the class that __init__ made it of."""
    constructed = types.construction(func)
    if constructed is None:
        return Unknown("the result of a submodule of unknown class")
    name = types.unit.resolve(constructed.func) or ""
    if name.startswith("torch.nn."):
        return torch_types.LAYER_RESULTS.get(name, "Tensor")
    info = types.project.find_class(types.unit, constructed.func)
    found = types.project.find_method(info, "forward") if info is not None else None
    if found is None:
        return Unknown(f"the result of {name}")
    if found[1].returns is not None and found[0].unit is types.unit:
        return types.annotation(found[1].returns)
    return types.within(found[0].unit).returned(found[1])


def construction(types: Types, func: ast.expr) -> ast.Call | None:
    """The call in the class that made `self.layer`, or `self.layers[0]` of a list of layers."""
    if isinstance(func, ast.Subscript):
        return _listed(types, func)
    owner = types.unit.class_of(func)
    if owner is None or not isinstance(func, ast.Attribute) or not is_self_attribute(func):
        return None
    made = [
        node.value
        for node in types.unit.attribute_binders(owner, func.attr)
        if isinstance(node, ast.Assign)
    ]
    return made[0] if len(made) == 1 and isinstance(made[0], ast.Call) else None


def _listed(types: Types, func: ast.Subscript) -> ast.Call | None:
    """The call that made one layer of a list that is written out, or made by a comprehension."""
    made = construction(types, func.value)
    if (
        made is None
        or types.unit.resolve(made.func) != "torch.nn.ModuleList"
        or len(made.args) != 1
    ):
        return None
    elements, index = made.args[0], literal_int(func.slice)
    if isinstance(elements, ast.ListComp):
        element: ast.expr | None = elements.elt
    elif isinstance(elements, ast.List) and index is not None and 0 <= index < len(elements.elts):
        element = elements.elts[index]
    else:
        element = None
    return element if isinstance(element, ast.Call) else None
