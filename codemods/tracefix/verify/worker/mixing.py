"""Operators that take tensors of one device alone, though the meta device lets others pass."""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

from tracefix.verify.worker.nested import tensors

_ONE_DEVICE = {
    *("mm", "bmm", "mv", "dot", "addmm", "addmv", "addbmm", "baddbmm", "linear"),
    *("convolution", "_convolution", "grid_sampler_2d", "grid_sampler_3d"),
    *("embedding", "index_select", "gather", "scatter", "scatter_", "scatter_add", "scatter_add_"),
    *("native_batch_norm", "native_layer_norm", "native_group_norm"),
}


class OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within, these raise as they do on an accelerator where one tensor is elsewhere.

    `error` is the last one's message, which the TorchScript interpreter loses on its way.
    """

    error = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ in _ONE_DEVICE:
            devices = {str(tensor.device) for tensor in tensors((args, kwargs))}
            if len(devices) > 1:
                found = " and ".join(sorted(devices))
                self.error = f"Expected all tensors to be on the same device, found {found}"
                raise RuntimeError(self.error)
        try:
            return func(*args, **(kwargs or {}))
        except Exception as error:
            self.error = str(error)
            raise
