"""Examples for efficientnet-pytorch."""

import torch

import tracefix

IMAGE = (1, 3, 64, 64)


@tracefix.example("efficientnet_pytorch/model.py::EfficientNet")
def efficientnet(EfficientNet):
    return EfficientNet.from_name("efficientnet-b0", num_classes=10), (torch.rand(IMAGE),)


@tracefix.example("efficientnet_pytorch/utils.py::*Swish")
def swish(Swish):
    return Swish(), (torch.randn(2, 3),)


@tracefix.example("efficientnet_pytorch/utils.py::Conv2dStaticSamePadding")
@tracefix.example("efficientnet_pytorch/utils.py::Conv2dDynamicSamePadding")
def convolution(Conv2d):
    fixed = {"image_size": 64} if "Static" in Conv2d.__name__ else {}
    return Conv2d(3, 4, 3, stride=2, **fixed), (torch.rand(IMAGE),)


@tracefix.example("efficientnet_pytorch/utils.py::MaxPool2dStaticSamePadding")
@tracefix.example("efficientnet_pytorch/utils.py::MaxPool2dDynamicSamePadding")
def pool(MaxPool2d):
    fixed = {"image_size": 64} if "Static" in MaxPool2d.__name__ else {}
    return MaxPool2d(3, 2, **fixed), (torch.rand(IMAGE),)
