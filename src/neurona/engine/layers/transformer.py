"""The transformer's block: attention between the steps, then the same dense layers at each."""

from __future__ import annotations

from neurona.checks import check_count
from neurona.engine.activations import Activation, find_activation, linear
from neurona.engine.layers.add import Add
from neurona.engine.layers.attention import MultiHeadAttention
from neurona.engine.layers.base import Activate, Layer
from neurona.engine.layers.convolution import Conv1D
from neurona.engine.layers.dropout import Dropout
from neurona.engine.layers.masked import Masked
from neurona.engine.layers.normalization import LayerNormalization
from neurona.engine.layers.sequential import Sequential


def transformer_block(
    n: int,
    heads: int,
    hidden: int | None = None,
    activation: str | Activation = "gelu",
    dropout: float = 0.0,
    causal: bool = False,
    mask_zero: bool = False,
) -> Sequential:
    """Return a block of a transformer: y = h + dense(norm(h)), h = x + attention(norm(x)).

    It is made of layers that can be had one by one. The normalization stands before each part, so
    that a derivative comes back through the sums unchanged [2]_; in [1]_ it stands after the sums.

    Parameters
    ----------
    n
        Features of a step.
    heads
        Of the attention; they divide n.
    hidden
        Neurons between the two dense layers; by default 4 n.
    activation
        Theirs.
    dropout
        The probability with which each number of either part is dropped in a training step.
    causal
        Whether a step sees itself and those before it alone.
    mask_zero
        Whether a step whose numbers are all 0 is padding, and stays 0.

    References
    ----------
    .. [1] Vaswani et al., "Attention is all you need", 2017, section 3.1.
    .. [2] Xiong et al., "On layer normalization in the transformer architecture", 2020.

    Examples
    --------
    >>> block = transformer_block(8, heads=2, dropout=0.1)
    >>> block.out_shape((5, 8))
    (5, 8)
    """
    drop = (Dropout(dropout),) if dropout else ()
    norm: Layer = LayerNormalization(axes=2)
    # The normalization adds its β to padding, and attention must still see which steps that is.
    first = Masked((norm,)) if mask_zero else norm
    attention = MultiHeadAttention(heads, causal=causal, mask_zero=mask_zero)
    wide = Conv1D(check_count("hidden", hidden or 4 * n), 1, find_activation(activation))

    def part(*layers: Layer) -> Add:
        row = (Masked if mask_zero else Sequential)((*layers, *drop))
        return Add((Activate(linear), row))

    return Sequential((part(first, attention), part(norm, wide, Conv1D(n, 1))))
