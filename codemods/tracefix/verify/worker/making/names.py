"""What a parameter's name says of the values that it takes."""

from __future__ import annotations

import re

# The first pattern that is found in a name (in lower case) decides.
_KINDS: tuple[tuple[str, str], ...] = (
    ("switch", r"^(use|is|with|has|do|enable|return|no|should|if|need|share|apply)_|"
     r"^(bias|verbose|debug|affine|bidirectional|batch_first|residual|bn|deterministic|causal|"
     r"training|inplace|downsample|learnable|freeze|batchnorm|batch_norm|bilinear|"
     r"normalize|normalized|conditional|quantize|half|cuda|gpu)$|"
     r"(_flag|_only|_bias|_enabled)$"),
    ("kernel", r"kernel|ksize|filter_size|window|^k$|^ks$|_ks$|^k_size$|patch_size|^ws$"),
    ("count", r"^(n|num|number|nb)_?(of_)?(layer|block|stage|stack|res|scale|level|iter|step|conv|"
     r"module|repeat|encoder|decoder|hop|down|up|hidden_layer|flow|stream|cell|unit|rnn|glimpse|"
     r"recur)|^depth|layers$|blocks$|^repeat|iterations|_iter$|^steps|^nlayers|"
     r"^l$|repeats$|stages$|depth$|hops$"),
    ("heads", r"head(s|_num)?$|^num_?head|^n_?head|^h$"),
    ("size", r"^(n|num|nb|number)_|_(num|size|dims?|channels?|features|planes|nc|width|classes)$|"
     r"growth|sampl\w*_rate|frame_rate"),
    ("part", r"drop|prob|^p$|_p$|rate$|ratio$|alpha|beta$|gamma$|lambda|momentum|eps|sigma|"
     r"temperature|^lr|decay|margin|scale$|threshold|smooth|slope|tau|weight$|coef|factor$|gain|"
     r"^std$|^mean$|init_value|temp$|_std$|range$"),
    ("config", r"^(cfg|config|configs|args|opt|opts|option|options|conf|hparams?|hps|hp|params|"
     r"flags|settings|arg|arguments|hyper_?params?|parameter)$|_(cfg|config|args|opt|hparams|params)$"),
    ("norm layer", r"norm_layer|normalization|norm_type|^norm$|norm_fn|bn_layer|batchnorm$|"
     r"norm_class|^bn_"),
    ("activation", r"^act|activ|nonlin|non_lin|^nl|_act$|relu"),
    ("block", r"^block$|_block$|bottleneck|block_type|^block_|block_class|^building"),
    ("layer", r"^(module|model|net|network|backbone|encoder|decoder|layer|sublayer|fn|func|function|"
     r"generator|discriminator|base|base_model|submodule|conv|conv_layer|feature_extractor|"
     r"self_attn|attn|feed_forward|src_embed|tgt_embed|head|body|transform|op|criterion|embedder|"
     r"loss|loss_fn|attention|embedding|core|cell|mlp|f|g|model_fn|main|unet|trunk|nn|ffn)$|"
     r"_(module|model|net|network|encoder|decoder|layer|fn|func|attn|criterion|loss|backbone|"
     r"class|cls|cell)$"),
    ("device", r"^device$|_device$"),
    ("name", r"^(mode|type|name|method|kind|reduction|arch|version|pool|pooling|init|variant|task|"
     r"padding_mode|aggr|dataset)$|_(mode|type|name|method|init|kind|arch|str)$"),
    ("path", r"path$|_dir$|_file$|^file|checkpoint|^ckpt|^weights$|^url$"),
    ("one", r"stride|dilation|groups?$|padding$|^pad$|^s$|expansion|expand|^t$|upscale|"
     r"cardinality|multiplier|^idx$|index$|^i$|_id$|level$|^gpu_ids?$|^offset"),
)  # fmt: skip
_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _KINDS]


def kind_of(name: str) -> str:
    """What a parameter of that name is likely to be; "size" where nothing else is."""
    lower = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    if "pretrain" in lower:
        return "pretrained"
    return next((kind for kind, pattern in _PATTERNS if pattern.search(lower)), "size")


# Names of inputs that are no tensors of reals.
_INPUTS: tuple[tuple[str, str], ...] = (
    ("mask", r"mask"),
    ("indices", r"(^|_)(ids?|idx|indices|index|tokens?|labels?|words?|chars?|segments?|tags?|"
     r"positions?|inds|sents?|sentences?|edge_index|actions?)$"),
    ("lengths", r"len(gth)?s?$|lengths"),
    ("switch", r"^(use|is|with|return|do|output|need)_|^(training|train|reverse|verbose)$"),
)  # fmt: skip
_INPUT_PATTERNS = [(kind, re.compile(pattern)) for kind, pattern in _INPUTS]


def input_kind(name: str) -> str:
    """What an input of that name is likely to be; "real" where nothing else is."""
    lower = name.lower()
    return next((kind for kind, pattern in _INPUT_PATTERNS if pattern.search(lower)), "real")
