"""Examples for monai.networks: blocks and layers that need no optional package."""

import torch

import tracefix

IMAGE = (2, 4, 8, 8)


@tracefix.example("monai/networks/blocks/activation.py::Swish")
@tracefix.example("monai/networks/blocks/activation.py::MemoryEfficientSwish")
@tracefix.example("monai/networks/blocks/activation.py::Mish")
@tracefix.example("monai/networks/layers/simplelayers.py::Flatten")
def activation(Layer):
    return Layer(), (torch.randn(IMAGE),)


@tracefix.example("monai/networks/layers/simplelayers.py::Reshape")
def reshape(Reshape):
    return Reshape(4, 64), (torch.randn(IMAGE),)


@tracefix.example("monai/networks/layers/simplelayers.py::GaussianFilter")
def gaussian(GaussianFilter):
    return GaussianFilter(2, sigma=1.0), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/blocks/mlp.py::MLPBlock")
def mlp(MLPBlock):
    return MLPBlock(16, 32).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("monai/networks/blocks/selfattention.py::SABlock")
def attention(SABlock):
    return SABlock(16, 2).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("monai/networks/blocks/transformerblock.py::TransformerBlock")
def transformer(TransformerBlock):
    return TransformerBlock(16, 32, 2).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("monai/networks/blocks/squeeze_and_excitation.py::ChannelSELayer")
@tracefix.example("monai/networks/blocks/squeeze_and_excitation.py::ResidualSELayer")
def excitation(Layer):
    return Layer(2, 4).eval(), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/blocks/fcn.py::GCN")
def gcn(GCN):
    return GCN(4, 6, 3).eval(), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/blocks/fcn.py::Refine")
def refine(Refine):
    return Refine(4).eval(), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/blocks/aspp.py::SimpleASPP")
def aspp(SimpleASPP):
    return SimpleASPP(2, 4, 2).eval(), (torch.rand(2, 4, 16, 16),)


@tracefix.example("monai/networks/blocks/unetr_block.py::UnetrBasicBlock")
def unetr(UnetrBasicBlock):
    return UnetrBasicBlock(2, 4, 4, 3, 1, "instance").eval(), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/blocks/upsample.py::SubpixelUpsample")
def subpixel(SubpixelUpsample):
    return SubpixelUpsample(2, 4, 4).eval(), (torch.rand(IMAGE),)


@tracefix.example("monai/networks/layers/drop_path.py::DropPath")
def drop_path(DropPath):
    return DropPath(0.0), (torch.rand(IMAGE),)
