"""Examples for pytorch-tcn."""

import torch

import tracefix

SEQUENCE = (2, 4, 12)


@tracefix.example("pytorch_tcn/tcn.py::TCN")
def tcn(TCN):
    return TCN(num_inputs=4, num_channels=[8, 8], dropout=0.0).eval(), (torch.rand(SEQUENCE),)


@tracefix.example("pytorch_tcn/conv.py::TemporalConv1d")
@tracefix.example("pytorch_tcn/conv.py::TemporalConvTranspose1d")
def convolution(Conv):
    kernel = {"kernel_size": 4, "stride": 2} if "Transpose" in Conv.__name__ else {"kernel_size": 3}
    return Conv(4, 4, **kernel).eval(), (torch.rand(SEQUENCE),)


@tracefix.example("pytorch_tcn/pad.py::TemporalPad1d")
def pad(TemporalPad1d):
    return TemporalPad1d(padding=2, in_channels=4).eval(), (torch.rand(SEQUENCE),)
