"""The static type of every expression, in TorchScript's terms, or Unknown with why.

One type per name and function: the join of all that the function assigns to it. That is
TorchScript's own rule, and what it cannot join is what it would reject. A parameter without
annotation and default is a Tensor in forward, as TorchScript assumes; observed types, where
an example ran, take precedence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tracefix.facts import torch_types
from tracefix.facts.observed import spelled
from tracefix.facts.project import ClassInfo, Project
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit, parameters
from tracefix.model import Observed


@dataclass(frozen=True)
class Unknown:
    """No single type, and why."""

    why: str


Type = str | Unknown
_NUMBERS = ("bool", "int", "float")
_PENDING = Unknown("it depends on itself")


@dataclass(frozen=True, eq=False)
class Types:
    """Answers for one unit."""

    unit: Unit
    project: Project
    observed: Observed = Observed()

    def of(self, node: ast.expr) -> Type:
        """The type of an expression."""
        cached = self._known.get(node)
        if cached is None:
            self._known[node] = _PENDING
            cached = self._known[node] = self._infer(node)
            if cached is _PENDING:  # asked while its own name is being settled: true only then
                del self._known[node]
        return cached

    def is_tensor(self, node: ast.expr) -> bool:
        """Whether an expression is surely a Tensor."""
        return self.of(node) == "Tensor"

    @cached_property
    def _known(self) -> dict[ast.expr, Type]:
        return {}

    def _infer(self, node: ast.expr) -> Type:
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        return handler(node) if handler else Unknown(f"a {type(node).__name__}")

    # -- literals and displays

    def _constant(self, node: ast.Constant) -> Type:
        return "None" if node.value is None else type(node.value).__name__

    def _joinedstr(self, node: ast.JoinedStr) -> Type:
        return "str"

    def _tuple(self, node: ast.Tuple) -> Type:
        parts = [self.of(e) for e in node.elts]
        if any(isinstance(p, Unknown) for p in parts):
            return Unknown("a tuple with an element of unknown type")
        return f"Tuple[{', '.join(str(p) for p in parts)}]"

    def _list(self, node: ast.List) -> Type:
        if not node.elts:
            return Unknown("an empty list")
        inner = join(self.of(e) for e in node.elts)
        return inner if isinstance(inner, Unknown) else f"List[{inner}]"

    def _listcomp(self, node: ast.ListComp) -> Type:
        inner = self.of(node.elt)
        return inner if isinstance(inner, Unknown) else f"List[{inner}]"

    def _lambda(self, node: ast.Lambda) -> Type:
        return "callable"

    # -- operators

    def _binop(self, node: ast.BinOp) -> Type:
        left, right = self.of(node.left), self.of(node.right)
        if "Tensor" in (left, right):
            return "Tensor"
        if left in _NUMBERS and right in _NUMBERS:
            if isinstance(node.op, ast.Div):
                return "float"
            return "float" if "float" in (left, right) else "int"
        if "number" in (left, right):
            return "number"
        if left == right and isinstance(node.op, ast.Add):
            return left
        if left == "str" and isinstance(node.op, ast.Mod):
            return "str"
        return left if isinstance(left, Unknown) else right

    def _unaryop(self, node: ast.UnaryOp) -> Type:
        if isinstance(node.op, ast.Not):
            return "bool"
        return self.of(node.operand)

    def _compare(self, node: ast.Compare) -> Type:
        plain = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        if any(isinstance(op, plain) for op in node.ops):
            return "bool"
        sides = [self.of(e) for e in (node.left, *node.comparators)]
        if "Tensor" in sides:
            return "Tensor"
        unknown = next((s for s in sides if isinstance(s, Unknown)), None)
        return unknown or "bool"

    def _boolop(self, node: ast.BoolOp) -> Type:
        return join(self.of(e) for e in node.values)

    def _ifexp(self, node: ast.IfExp) -> Type:
        return join((self.of(node.body), self.of(node.orelse)))

    def _namedexpr(self, node: ast.NamedExpr) -> Type:
        return self.of(node.value)

    def _subscript(self, node: ast.Subscript) -> Type:
        value = self.of(node.value)
        if isinstance(value, Unknown) or value == "Tensor":
            return value
        if isinstance(node.slice, ast.Slice):
            return value
        if value.startswith("Dict["):
            return torch_types.arguments(value)[1]
        if value.startswith("Tuple[") and isinstance(node.slice, ast.Constant):
            parts = torch_types.arguments(value)
            if isinstance(node.slice.value, int) and -len(parts) <= node.slice.value < len(parts):
                return parts[node.slice.value]
        return torch_types.element(value) or Unknown(f"an element of {value}")

    def _attribute(self, node: ast.Attribute) -> Type:
        if is_self_attribute(node):
            return self._self_attribute(node)
        name = self.unit.resolve(node)
        if name is not None and name in torch_types.BUILTIN_RESULTS:
            return torch_types.BUILTIN_RESULTS[name]
        if name is not None and name.startswith("torch."):
            return Unknown(f"{name} itself")
        value = self.of(node.value)
        if value == "Tensor":
            return torch_types.ATTRIBUTES.get(node.attr) or Unknown(f".{node.attr} of a Tensor")
        return value if isinstance(value, Unknown) else Unknown(f".{node.attr} of {value}")

    # -- names

    def _name(self, node: ast.Name) -> Type:
        function = self.unit.function_of(node)
        while function is not None:
            if node.id in self.unit.bound_names(function):
                return self.of_local(function, node.id)
            function = self.unit.function_of(function)
        return self._global(node.id)

    def of_local(self, function: FunctionNode, name: str) -> Type:
        """The type of a function's variable or parameter, over all of its assignments."""
        key = (function, name)
        cached = self._locals.get(key)
        if cached is None:
            self._locals[key] = _PENDING
            cached = self._locals[key] = self._join_local(function, name)
        return cached

    @cached_property
    def _locals(self) -> dict[tuple[FunctionNode, str], Type]:
        return {}

    def _join_local(self, function: FunctionNode, name: str) -> Type:
        where = (self.unit.path, self.unit.qualname(function), name)
        seen = self.observed.locals.get(where, frozenset())
        known = spelled(seen | self.observed.parameters.get(where, frozenset()))
        if known is not None:
            return known
        found: list[Type] = []
        for parameter in parameters(function):
            if parameter.arg == name:
                found.append(self._parameter(function, parameter))
        for node in self.unit.binders(function, name):
            found.extend(self._bound_by(node, name))
        return join(found) if found else Unknown(f"{name} is not assigned in {function.name}")

    def _parameter(self, function: FunctionNode, parameter: ast.arg) -> Type:
        if parameter.annotation is not None:
            return self.annotation(parameter.annotation)
        if parameter.arg == "self":
            return "module"
        default = default_of(function, parameter)
        if default is not None:
            given = self.of(default)
            return Unknown("its default is None") if given == "None" else given
        if parameter in (function.args.vararg, function.args.kwarg):
            return Unknown("a starred parameter")
        # TorchScript's assumption, which is right for what modules are fed.
        return "Tensor" if function.name == "forward" else Unknown("a parameter without annotation")

    def _bound_by(self, node: ast.AST, name: str) -> Iterable[Type]:
        """The types that one statement or comprehension gives to a name."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _unpacked(target, self.of, node.value, name)
        elif isinstance(node, ast.AnnAssign) and _is_name(node.target, name):
            yield self.annotation(node.annotation)
        elif isinstance(node, ast.NamedExpr) and _is_name(node.target, name):
            yield self.of(node.value)
        elif isinstance(node, ast.AugAssign) and _is_name(node.target, name):
            if self.of(node.value) == "Tensor":  # `total = 0` before the loop, a Tensor after
                yield "Tensor"
            elif isinstance(node.op, ast.Div):
                yield "float"
        elif isinstance(node, ast.For | ast.comprehension):
            yield from self._loop_target(node.target, node.iter, name)
        elif isinstance(node, ast.withitem) and _is_name(node.optional_vars, name):
            yield Unknown("bound by a with-statement")

    def _loop_target(self, target: ast.expr, over: ast.expr, name: str) -> Iterable[Type]:
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Name) and over.args:
            kind, arguments = over.func.id, over.args
            if kind == "enumerate" and isinstance(target, ast.Tuple) and len(target.elts) == 2:
                if _is_name(target.elts[0], name):
                    yield "int"
                yield from self._loop_target(target.elts[1], arguments[0], name)
                return
            if kind == "zip" and isinstance(target, ast.Tuple):
                for part, source in zip(target.elts, arguments, strict=False):
                    yield from self._loop_target(part, source, name)
                return
            if kind == "reversed":
                yield from self._loop_target(target, arguments[0], name)
                return
        over_type = self.of(over)
        inner = None if isinstance(over_type, Unknown) else torch_types.element(over_type)
        yield from _unpack_type(target, inner, name)

    def _global(self, name: str) -> Type:
        value = self.unit.globals.get(name)
        if value is not None:
            return self.of(value)
        return Unknown(f"{name} is not a variable of this file")

    # -- attributes of self

    def _self_attribute(self, node: ast.Attribute) -> Type:
        owner = self.unit.class_of(node)
        if owner is None:
            return Unknown("self outside of a class")
        return self.of_attribute(ClassInfo(self.unit, owner), node.attr)

    def of_attribute(self, info: ClassInfo, name: str) -> Type:
        """The type of an instance's attribute, over all that the class assigns to it."""
        known = spelled(self.observed.attributes.get((str(info.subject), name), ()))
        family = (info, *self.project.bases(info))
        if known is not None and not any(_registers(c, name) for c in family):
            return known  # a buffer is one, also where the run saw the number that it was before
        found: list[Type] = []
        for current in family:
            types = self if current.unit is self.unit else Types(current.unit, self.project)
            found.extend(types._assigned_attribute(current.node, name))
            if name in current.methods:
                return "method"
        return join(found) if found else Unknown(f"self.{name} is not assigned in this class")

    def _assigned_attribute(self, owner: ast.ClassDef, name: str) -> Iterable[Type]:
        for node in self.unit.attribute_binders(owner, name):
            if isinstance(node, ast.Call):  # register_buffer, register_parameter
                yield "Tensor"
            elif isinstance(node, ast.Assign):
                if any(is_self_attribute(target, name) for target in node.targets):
                    yield self.of(node.value)

    # -- calls

    def _call(self, node: ast.Call) -> Type:
        name = self.unit.resolve(node.func)
        if name is not None:
            known = self._named_call(name, node)
            if known is not None:
                return known
        if self.project.find_class(self.unit, node.func) is not None:
            return "module"
        found = self.project.find_function(self.unit, node.func)
        if found is not None and found[1].returns is not None:
            return self.annotation(found[1].returns)
        if isinstance(node.func, ast.Attribute):
            return self._method_call(node.func, node)
        if isinstance(node.func, ast.Call | ast.Subscript) or self.of(node.func) == "module":
            return self._module_call(node.func)
        return Unknown(f"the result of {ast.unparse(node.func)}()")

    def _named_call(self, name: str, node: ast.Call) -> Type | None:
        if name in torch_types.BUILTIN_RESULTS:
            return torch_types.BUILTIN_RESULTS[name]
        if name in ("min", "max", "abs", "round", "sum", "pow", "divmod"):
            return self._arithmetic_builtin(name, node)
        if name in ("list", "tuple", "sorted") and len(node.args) == 1:
            given = self.of(node.args[0])
            inner = None if isinstance(given, Unknown) else torch_types.element(given)
            return f"List[{inner}]" if inner else Unknown(f"{name}() of unknown elements")
        if name in torch_types.FUNCTION_RESULTS:
            return torch_types.FUNCTION_RESULTS[name]
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
                return self._reduction(node, first=1)
            return torch_types.METHOD_RESULTS.get(short, "Tensor")
        return None

    def _arithmetic_builtin(self, name: str, node: ast.Call) -> Type:
        inner = join(self.of(a) for a in node.args)
        if name == "round" and len(node.args) == 1 and inner in _NUMBERS:
            return "int"
        if len(node.args) == 1 and isinstance(inner, str):
            return torch_types.element(inner) or inner
        return inner

    def _reduction(self, node: ast.Call, first: int) -> Type:
        """max(x) is a Tensor, max(x, dim) a pair, max(x, other) a Tensor again."""
        if any(k.arg == "dim" for k in node.keywords):
            return "Tuple[Tensor, Tensor]"
        if len(node.args) <= first:
            return "Tensor"
        return "Tensor" if self.is_tensor(node.args[first]) else "Tuple[Tensor, Tensor]"

    def _method_call(self, func: ast.Attribute, node: ast.Call) -> Type:
        if is_self_attribute(func):
            owner = self.unit.class_of(func)
            if owner is not None:
                return self._own_method(ClassInfo(self.unit, owner), func)
        value = self.of(func.value)
        if value == "Tensor":
            if func.attr == "size" and (node.args or node.keywords):
                return "int"
            if func.attr in torch_types.PAIR_WITH_DIM:
                return self._reduction(node, first=0)
            return torch_types.METHOD_RESULTS.get(func.attr, "Tensor")
        if value == "torch.Size" and func.attr == "numel":
            return "int"
        if value == "str":
            return "str"
        return value if isinstance(value, Unknown) else Unknown(f".{func.attr}() of {value}")

    def _own_method(self, info: ClassInfo, func: ast.Attribute) -> Type:
        found = self.project.find_method(info, func.attr)
        if found is None:
            return self._module_call(func)
        owner, method = found
        if method.returns is not None:
            return self.annotation(method.returns)
        types = self if owner.unit is self.unit else Types(owner.unit, self.project, self.observed)
        return types.returned(method)

    def returned(self, function: FunctionNode) -> Type:
        """The join of what a function's return statements give."""
        values = [
            "None" if n.value is None else self.of(n.value)
            for n in walk(function)
            if isinstance(n, ast.Return) and self.unit.function_of(n) is function
        ]
        return join(values) if values else "None"

    def _module_call(self, func: ast.expr) -> Type:
        """What calling a submodule gives, by the class that __init__ made it of."""
        constructed = self.construction(func)
        if constructed is None:
            return Unknown("the result of a submodule of unknown class")
        name = self.unit.resolve(constructed.func) or ""
        if name.startswith("torch.nn."):
            return torch_types.LAYER_RESULTS.get(name, "Tensor")
        info = self.project.find_class(self.unit, constructed.func)
        found = self.project.find_method(info, "forward") if info is not None else None
        if found is None:
            return Unknown(f"the result of {name}")
        if found[1].returns is not None and found[0].unit is self.unit:
            return self.annotation(found[1].returns)
        return Types(found[0].unit, self.project, self.observed).returned(found[1])

    def construction(self, func: ast.expr) -> ast.Call | None:
        """The call in the class that made `self.layer`."""
        owner = self.unit.class_of(func)
        if owner is None or not isinstance(func, ast.Attribute) or not is_self_attribute(func):
            return None
        made = [
            node.value
            for node in self.unit.attribute_binders(owner, func.attr)
            if isinstance(node, ast.Assign)
        ]
        return made[0] if len(made) == 1 and isinstance(made[0], ast.Call) else None

    # -- annotations

    def annotation(self, node: ast.expr) -> Type:
        """The type that an annotation names, in TorchScript's spelling."""
        if isinstance(node, ast.Constant):
            if node.value is None:
                return "None"
            if isinstance(node.value, str):
                try:
                    return self.annotation(ast.parse(node.value, mode="eval").body)
                except SyntaxError:
                    return Unknown("a quoted annotation that is not an expression")
        text = ast.unparse(node)
        for long, short in _SPELLINGS.items():
            text = text.replace(long, short)
        return text


_SPELLINGS: Mapping[str, str] = {
    "torch.Tensor": "Tensor",
    "torch.LongTensor": "Tensor",
    "torch.FloatTensor": "Tensor",
    "typing.": "",
    "list[": "List[",
    "tuple[": "Tuple[",
    "dict[": "Dict[",
}


def _registers(info: ClassInfo, name: str) -> bool:
    """Whether a class registers a buffer with a tensor in it."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "register_buffer"
        and len(node.args) > 1
        and not (isinstance(node.args[1], ast.Constant) and node.args[1].value is None)
        for node in info.unit.attribute_binders(info.node, name)
    )


def join(types: Iterable[Type]) -> Type:
    """The one type that covers all, or Unknown: None widens to Optional, bool and int to float."""
    known: list[str] = []
    for type_ in types:
        if type_ is _PENDING:
            continue  # a name's own value says nothing about its type
        if isinstance(type_, Unknown):
            return type_
        if type_ not in known:
            known.append("None" if type_ == "NoneType" else type_)
    if not known:
        return Unknown("nothing is known of it")
    rest = [t for t in known if t != "None"]
    if not rest:
        return "None"
    single = rest[0] if len(rest) == 1 else _widest(rest)
    if isinstance(single, str) and "None" in known and not single.startswith("Optional["):
        return f"Optional[{single}]"
    return single


def _widest(types: list[str]) -> Type:
    if "Tensor" in types and all(t in (*_NUMBERS, "number", "Tensor") for t in types):
        return Unknown("a Tensor on one path and a number on another")
    if all(t in _NUMBERS for t in types):
        return "float" if "float" in types else "int"
    return Unknown(f"{types[0]} on one path and {types[1]} on another")


def default_of(function: FunctionNode, parameter: ast.arg) -> ast.expr | None:
    """The default value of a parameter, or None where it has none."""
    args = function.args
    positional = [*args.posonlyargs, *args.args]
    if parameter in positional:
        index = positional.index(parameter) - (len(positional) - len(args.defaults))
        return args.defaults[index] if index >= 0 else None
    if parameter in args.kwonlyargs:
        return args.kw_defaults[args.kwonlyargs.index(parameter)]
    return None


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _unpacked(target: ast.expr, of: object, value: ast.expr, name: str) -> Iterable[Type]:
    assert callable(of)
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple):
        if len(target.elts) == len(value.elts):
            for part, given in zip(target.elts, value.elts, strict=False):
                yield from _unpacked(part, of, given, name)
            return
    if _is_name(target, name):
        yield of(value)
    elif isinstance(target, ast.Tuple | ast.List):
        given = of(value)
        yield from _unpack_type(target, None if isinstance(given, Unknown) else given, name)


def _unpack_type(target: ast.expr, type_: str | None, name: str) -> Iterable[Type]:
    """The type that `name` gets where a value of `type_` is unpacked into `target`."""
    if _is_name(target, name):
        yield type_ if type_ is not None else Unknown(f"{name} is unpacked from an unknown value")
    elif isinstance(target, ast.Starred):
        yield from _unpack_type(target.value, None, name)
    elif isinstance(target, ast.Tuple | ast.List):
        parts: list[str | None] = [None] * len(target.elts)
        if type_ is not None:
            given = torch_types.arguments(type_) if type_.startswith("Tuple[") else []
            if len(given) == len(parts):
                parts = list(given)
            else:
                parts = [torch_types.element(type_)] * len(parts)
        for part, inner in zip(target.elts, parts, strict=False):
            yield from _unpack_type(part, inner, name)
