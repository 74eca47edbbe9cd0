"""Examples for pytorchcv: blocks of several families, and whole networks at a small size."""

import torch

import tracefix

FEATURES = (2, 8, 16, 16)


@tracefix.example("pytorchcv/models/common/activ.py::Swish")
@tracefix.example("pytorchcv/models/common/activ.py::HSwish")
@tracefix.example("pytorchcv/models/common/activ.py::HSigmoid")
def activation(Activation):
    return Activation(), (torch.randn(FEATURES),)


@tracefix.example("pytorchcv/models/common/conv.py::ConvBlock")
def conv_block(ConvBlock):
    return ConvBlock(8, 4, kernel_size=3, stride=1, padding=1).eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/common/conv.py::DwsConvBlock")
def dws_conv_block(DwsConvBlock):
    return DwsConvBlock(8, 4, kernel_size=3, stride=1, padding=1).eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/common/att.py::SEBlock")
def se_block(SEBlock):
    return SEBlock(channels=8, reduction=2).eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/resnet.py::ResUnit")
@tracefix.example("pytorchcv/models/seresnet.py::SEResUnit")
@tracefix.example("pytorchcv/models/bamresnet.py::BamUnit")
@tracefix.example("pytorchcv/models/preresnet.py::PreResUnit")
def unit(Unit):
    if Unit.__name__ == "BamUnit":
        return Unit(8, 8, stride=1, bottleneck=False).eval(), (torch.rand(FEATURES),)
    rest = {"conv1_stride": False} if Unit.__name__ != "ResUnit" else {}
    model = Unit(8, 8, stride=1, bottleneck=False, **rest)
    return model.eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/shufflenet.py::ShuffleUnit")
def shuffle_unit(ShuffleUnit):
    model = ShuffleUnit(8, 8, groups=2, downsample=False, ignore_group=False)
    return model.eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/squeezenet.py::FireUnit")
def fire_unit(FireUnit):
    model = FireUnit(
        in_channels=8,
        squeeze_channels=4,
        expand1x1_channels=4,
        expand3x3_channels=4,
        residual=True,
    )
    return model.eval(), (torch.rand(FEATURES),)


@tracefix.example("pytorchcv/models/resnet.py::ResNet")
def resnet(ResNet):
    model = ResNet([[8, 8], [16, 16]], init_block_channels=8, bottleneck=False, in_size=(32, 32))
    model.features.final_pool = torch.nn.AdaptiveAvgPool2d(1)
    return model.eval(), (torch.rand(1, 3, 32, 32),)


@tracefix.example("pytorchcv/models/alexnet.py::AlexDense")
def alex_dense(AlexDense):
    return AlexDense(8, 4).eval(), (torch.rand(2, 8),)
