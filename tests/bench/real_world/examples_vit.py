"""Examples for vit-pytorch: small models, each called as its README does."""

import sys
from unittest.mock import MagicMock

import torch

import tracefix

# The package's __init__ imports its training code, which wants torchvision's image transforms;
# no model here does.
for name in ("torchvision", "torchvision.transforms"):
    sys.modules[name] = MagicMock(name=name, __spec__=None)

IMAGE = (1, 3, 32, 32)
SMALL = {"image_size": 32, "patch_size": 8, "num_classes": 10, "dim": 16, "depth": 2, "heads": 2}


def _small(**more):
    return {**SMALL, "mlp_dim": 32, **more}


@tracefix.example("vit_pytorch/vit.py::ViT")
@tracefix.example("vit_pytorch/simple_vit.py::SimpleViT")
@tracefix.example("vit_pytorch/deepvit.py::DeepViT")
@tracefix.example("vit_pytorch/parallel_vit.py::ViT")
@tracefix.example("vit_pytorch/vit_for_small_dataset.py::ViT")
@tracefix.example("vit_pytorch/vit_with_patch_merger.py::ViT")
@tracefix.example("vit_pytorch/simple_vit_with_qk_norm.py::SimpleViT")
@tracefix.example("vit_pytorch/simple_vit_with_register_tokens.py::SimpleViT")
@tracefix.example("vit_pytorch/simple_vit_with_fft.py::SimpleViT")
@tracefix.example("vit_pytorch/rvt.py::RvT")
def image_model(Model):
    more = {
        "ViT": {"num_parallel_branches": 2} if "parallel" in Model.__module__ else {},
        "SimpleViT": {"freq_patch_size": 8} if Model.__module__.endswith("fft") else {},
    }
    return Model(**_small(**more.get(Model.__name__, {}))).eval(), (torch.rand(IMAGE),)


@tracefix.example("vit_pytorch/vit.py::FeedForward")
@tracefix.example("vit_pytorch/deepvit.py::FeedForward")
@tracefix.example("vit_pytorch/simple_vit.py::FeedForward")
@tracefix.example("vit_pytorch/cait.py::FeedForward")
def feed_forward(FeedForward):
    return FeedForward(16, 32).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("vit_pytorch/vit.py::Attention")
@tracefix.example("vit_pytorch/deepvit.py::Attention")
@tracefix.example("vit_pytorch/simple_vit.py::Attention")
@tracefix.example("vit_pytorch/cait.py::Attention")
def attention(Attention):
    return Attention(16, heads=2, dim_head=8).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("vit_pytorch/vit.py::Transformer")
@tracefix.example("vit_pytorch/simple_vit.py::Transformer")
def transformer(Transformer):
    return Transformer(16, 2, 2, 8, 32).eval(), (torch.rand(2, 5, 16),)


@tracefix.example("vit_pytorch/cait.py::CaiT")
def cait(CaiT):
    return CaiT(**_small(cls_depth=1)).eval(), (torch.rand(IMAGE),)


@tracefix.example("vit_pytorch/pit.py::PiT")
def pit(PiT):
    model = PiT(
        image_size=32, patch_size=8, dim=16, num_classes=10, depth=(1, 1), heads=2, mlp_dim=32
    )
    return model.eval(), (torch.rand(IMAGE),)


@tracefix.example("vit_pytorch/levit.py::LeViT")
def levit(LeViT):
    model = LeViT(
        image_size=64, num_classes=10, stages=2, dim=(16, 32), depth=1, heads=(2, 2), mlp_mult=2
    )
    return model.eval(), (torch.rand(1, 3, 64, 64),)


@tracefix.example("vit_pytorch/mobile_vit.py::MobileViT")
def mobile_vit(MobileViT):
    channels = [8, 16, 24, 24, 32, 32, 48, 48, 64, 64, 96]
    model = MobileViT(image_size=(64, 64), dims=[16, 24, 32], channels=channels, num_classes=10)
    return model.eval(), (torch.rand(1, 3, 64, 64),)


@tracefix.example("vit_pytorch/mobile_vit.py::MV2Block")
def mv2_block(MV2Block):
    return MV2Block(4, 4).eval(), (torch.rand(1, 4, 8, 8),)
