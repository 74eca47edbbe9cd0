"""What statements read of self, as the parameters of the function that they move into.

Attributes become arguments, a layer's call the function that the layer calls, and the call of a
method, or of a module of the project, that of a function with its body.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.crossing import changes_with_input
from tracefix.facts.hooks import hook_on_layers
from tracefix.facts.layer_lists import listed_layers
from tracefix.facts.layers import Layer, layers_of
from tracefix.facts.literals import literal_int
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.regions import Stays, position
from tracefix.facts.spelling import functional
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown
from tracefix.rewrite.change import Edit, Hole, escaped, replace
from tracefix.rules.functional_batch_norm import BATCH_NORMS, batch_norm_edits
from tracefix.rules.functional_layer_lists import list_of, loop_edits
from tracefix.rules.functional_layers import functional_call
from tracefix.rules.functional_recurrent import RECURRENT, recurrent_edit
from tracefix.rules.missing_attributes import Guards
from tracefix.rules.outlined_parameters import BodyFunction, Parameter, argument

OfMethod = Callable[[FunctionNode], BodyFunction]


class SelfArguments:
    """The parameters of one function, as far as its statements have been looked at."""

    def __init__(
        self, function: FunctionNode, taken: Mapping[str, str], of_method: OfMethod, facts: Facts
    ) -> None:
        self._function = function
        self._facts = facts
        self._of_method = of_method
        self._functional, self._functional_import = functional(facts.unit)
        self.imports: tuple[str, ...] = ()
        self.edits: list[Edit] = []
        self.first_lines: list[str] = []  # what the function does before anything else
        self._guards = Guards(function, facts)
        self.parameters = {name: Parameter(name, None, type_) for name, type_ in taken.items()}

    def rewrite(self, statements: Sequence[ast.stmt]) -> None:
        """Edit what statements read of self. Raises Stays."""
        for statement in statements:
            self._rewrite(statement)
        start, guards = self._guards.written(statements)
        self.first_lines += start
        self.edits = [*guards, *self.edits]  # what a statement does first stands in front

    def _rewrite(self, statement: ast.stmt) -> None:
        called: set[ast.AST] = set()
        for node in sorted(walk(statement), key=position):
            if isinstance(node, ast.For) and (layers := list_of(node, self._facts)):
                called.add(layers)
                self._check_hooks(layers)
                self._over_list(node, layers)
            elif isinstance(node, ast.Call) and (layers := self._indexed(node.func)):
                called.add(layers)
                self._check_hooks(layers)
                self._by_index(node, layers)
            elif isinstance(node, ast.Call) and is_self_attribute(node.func):
                called.add(node.func)
                self._call(node)
            elif is_self_attribute(node) and node not in called:
                self._read(node)
            elif isinstance(node, ast.Name) and node.id in ("self", "super"):
                if not is_self_attribute(self._facts.unit.parents[node]):
                    raise Stays(f"it hands {node.id} on")

    def take_sizes(self, names: Sequence[str]) -> None:
        """Read sizes off an empty tensor: a trace follows them there, and nowhere else."""
        like = next((p for p in self.parameters.values() if p.type_ == "Tensor"), None)
        if like is None:
            raise Stays(f"it takes no tensor, and {names[0]} is a number")
        carrier = self._free("sizes")
        given = f"{argument(like)}.new_empty((0, {', '.join(names)}))"
        self.parameters[carrier] = Parameter(carrier, None, "Tensor", given)
        read = f"_, {', '.join(names)} = {carrier}.shape"
        self.first_lines.append(read if len(names) > 1 else f"{names[0]} = {carrier}.size(1)")

    # -- calls

    def _call(self, call: ast.Call) -> None:
        assert isinstance(call.func, ast.Attribute)
        name = call.func.attr
        kept = self._kept_function(call.func)
        if kept is not None:
            self.edits.append(replace(call.func, kept))
            return
        owner = self._facts.unit.class_of(call)
        if owner is None:
            raise Stays("it is in no class")
        own = self._facts.project.find_method(ClassInfo(self._facts.unit, owner), name)
        if own is not None:
            self._body_of(own, ClassInfo(self._facts.unit, owner), "", call)
            return
        layers = layers_of(call.func, self._facts)
        if len(layers) != 1:
            raise Stays(f"it calls self.{name}, which is not known as one layer")
        self._check_hooks(call.func)
        if layers[0].kind:
            self._as_function(call, layers[0], name)
            return
        made_of = self._facts.project.find_class(self._facts.unit, layers[0].call.func)
        forward = made_of and self._facts.project.find_method(made_of, "forward")
        if not made_of or not forward:
            raise Stays(f"it calls self.{name}, which is none of torch.nn's layers")
        self._body_of(forward, made_of, f"{name}.", call)

    def _over_list(self, loop: ast.For, layers: ast.Attribute) -> None:
        def ask(path: str, type_: str) -> str:
            return self._own(path, type_, layers)

        self.edits += loop_edits(loop, self._functional, ask, self._facts)
        self._import_for(self.edits)

    def _import_for(self, edits: list[Edit]) -> None:
        if any(f"{self._functional}." in edit.template for edit in edits):
            self.imports = self._functional_import

    def _check_hooks(self, layers: ast.Attribute) -> None:
        owner = self._facts.unit.class_of(layers)
        hook = hook_on_layers(owner, self._facts) if owner is not None else None
        if hook is not None:
            raise Stays(
                f"{hook}() may concern self.{layers.attr}, and its function alone does less"
            )

    def _indexed(self, func: ast.expr) -> ast.Attribute | None:
        """`self.layers` of `self.layers[0]`, where that is one of the layers that it was made with."""
        layers = func.value if isinstance(func, ast.Subscript) else None
        if not isinstance(layers, ast.Attribute) or not isinstance(func, ast.Subscript):
            return None
        number, found = literal_int(func.slice), listed_layers(layers, self._facts)
        return layers if number is not None and 0 <= number < len(found) else None

    def _by_index(self, call: ast.Call, layers: ast.Attribute) -> None:
        assert isinstance(call.func, ast.Subscript)
        number = literal_int(call.func.slice) or 0
        layer = listed_layers(layers, self._facts)[number]
        self._as_function(call, layer, f"{layers.attr}.{number}")

    def _as_function(self, call: ast.Call, layer: Layer, name: str) -> None:
        if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
            raise Stays(f"it calls self.{name} with keywords or stars")
        holes: dict[str, Hole] = {f"input{n}": a for n, a in enumerate(call.args)}

        asked: list[str] = []

        def ask(attribute: str, type_: str) -> str:
            asked.append(f"{name}.{attribute}")
            return self._own(asked[-1], type_, call)

        if layer.kind in RECURRENT:
            self.edits.append(recurrent_edit(call, layer, ask, self._facts))
        elif layer.kind in BATCH_NORMS:
            self.edits += batch_norm_edits(call, layer, self._functional, ask, self._facts)
        else:
            inputs = [f"{{{hole}}}" for hole in holes]
            template = functional_call(layer, inputs, self._functional, ask)
            self.edits.append(replace(call, template, **holes))
        self._import_for(self.edits)
        missing = self._guards.missing(name)
        if missing is not None and asked:
            self._guards.check(missing, call)

    def _body_of(
        self, found: tuple[ClassInfo, FunctionNode], owner: ClassInfo, prefix: str, call: ast.Call
    ) -> None:
        """The call of a method as that of the function that has its body."""
        method = found[1]
        if found[0].unit is not self._facts.unit:
            raise Stays(f"{method.name} lies in another file")
        relatives = self._facts.project.derived(owner)
        if any(
            method.name in info.methods and info.methods[method.name] is not method
            for info in relatives
        ):
            raise Stays(f"a subclass has a {method.name} of its own")
        holes: dict[str, Hole] = {}
        given = self._given(method, call, holes)
        function = self._of_method(method)
        listed = [
            (
                given[parameter.name]
                if parameter.path is None
                else self._passed_on(prefix, parameter)
            )
            for parameter in function.parameters
        ]
        self.edits.append(replace(call, f"{function.name}({', '.join(listed)})", **holes))

    def _passed_on(self, prefix: str, parameter: Parameter) -> str:
        """What a function needs that the body of a method became."""
        path, missing = f"{prefix}{parameter.path}", parameter.missing
        if prefix and self._guards.missing(prefix[:-1]) is not None:
            raise Stays(f"some instances have no self.{prefix[:-1]}")
        return self._parameter(path, parameter.type_, missing and f"{prefix}{missing}")

    def _given(
        self, method: FunctionNode, call: ast.Call, holes: dict[str, Hole]
    ) -> dict[str, str]:
        """What a call gives for each parameter of a method, as it stands in a template."""
        args = method.args
        starred = args.vararg or args.kwarg
        if starred or args.kwonlyargs or args.posonlyargs or method.decorator_list:
            raise Stays(f"{method.name} has other than plain parameters, or a decorator")
        names = [p.arg for p in args.args[1:]]
        given: dict[str, str] = {}
        for name, default in zip(reversed(names), reversed(args.defaults), strict=False):
            if isinstance(default, ast.Constant):
                given[name] = escaped(ast.unparse(default))
        passed = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
        for number, (keyword, value) in enumerate(passed):
            if keyword not in names or isinstance(value, ast.Starred):
                raise Stays(f"{method.name} is called with stars")
            holes[f"given{number}"] = value
            given[keyword] = f"{{given{number}}}"
        if len(given) != len(names):
            raise Stays(f"{method.name} is called without all that it needs")
        return given

    def _kept_function(self, func: ast.Attribute) -> str | None:
        """`torch.tanh` where that is all that `self.act` ever is."""
        owner = self._facts.unit.class_of(func)
        binders = self._facts.unit.attribute_binders(owner, func.attr) if owner else ()
        if len(binders) != 1 or not isinstance(binders[0], ast.Assign):
            return None
        value = binders[0].value
        name = self._facts.unit.resolve(value) or ""
        is_function = name.startswith("torch.") and name.rpartition(".")[2][:1].islower()
        return ast.unparse(value) if is_function and isinstance(value, ast.Attribute) else None

    # -- values

    def _read(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Attribute)
        above = self._facts.unit.parents[node]
        if isinstance(above, ast.Attribute) and above.attr in ("weight", "bias"):
            layers = layers_of(node, self._facts)
            if layers:
                kept = above.attr == "weight" or all(layer.kind == "Linear" for layer in layers)
                part = "Tensor" if kept else "Optional[Tensor]"
                name = self._own(f"{node.attr}.{above.attr}", part, node)
                self.edits.append(replace(above, name))
                return
        type_ = "bool" if node.attr == "training" else self._facts.types.of(node)
        if isinstance(type_, Unknown):
            raise Stays(f"what self.{node.attr} is, is not known: {type_.why}")
        if not isinstance(node.ctx, ast.Load):
            in_place = isinstance(above, ast.AugAssign) and type_ == "Tensor"
            if not in_place:
                raise Stays(f"it assigns self.{node.attr}")
        if type_ not in ("Tensor", "Optional[Tensor]") and not is_constant_type(type_):
            raise Stays(f"it reads self.{node.attr}, which is a {type_}")
        if changes_with_input(node, self._facts):
            raise Stays(f"it reads the state self.{node.attr}")
        self.edits.append(replace(node, self._own(node.attr, type_, node)))

    def _own(self, path: str, type_: str, at: ast.expr) -> str:
        """The parameter that an attribute below self becomes, such as "step.weight", used by `at`."""
        missing = self._guards.missing(path)
        optional = type_.startswith("Optional[")
        if missing is None or optional:
            if missing == path:
                raise Stays(f"some instances have no self.{path}")
            return self._parameter(path, type_, missing)
        name = self._parameter(path, f"Optional[{type_}]", missing)
        self._guards.ask(missing, name, at)
        return name

    def _parameter(self, path: str, type_: str, missing: str | None) -> str:
        for parameter in self.parameters.values():
            if parameter.path == path:
                return parameter.name
        name = self._free(path.replace(".*", "").replace(".", "_"))
        self.parameters[name] = Parameter(name, path, type_, missing=missing)
        return name

    def _free(self, name: str) -> str:
        function = self._facts.unit.bound_names(self._function)
        while name in function or name in self._facts.unit.imports or name in self.parameters:
            name = f"own_{name}"
        return name
