"""The text of each module in the code for PyTorch that ``torch.nn`` does not have."""

# Modules that torch.nn lacks, or has with the channels before the other axes: the code gets those
# that it names.
MODULES = {
    "Exp": '''class Exp(nn.Module):
    """a = e^z."""

    def forward(self, z):
        return z.exp()
''',
    "Scale": '''class Scale(nn.Module):
    """y = s x + t, for each channel."""

    def __init__(self, n):
        super().__init__()
        self.s, self.t = nn.Parameter(torch.ones(n)), nn.Parameter(torch.zeros(n))

    def forward(self, x):
        return self.s * x + self.t
''',
    **{
        name: f'''class {name}(nn.{base}):
    """{says} of images (height, width, channels)."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
'''
        for name, base, says in (
            ("Convolution", "Conv2d", "A convolution"),
            ("MaxPooling", "MaxPool2d", "The largest number of each patch"),
            ("AveragePooling", "AvgPool2d", "The mean of each patch"),
            ("Upsampling", "Upsample", "Larger copies"),
        )
    },
    **{
        name: f'''class {name}(nn.{base}):
    """{says} of series (steps, features)."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 1)).permute(0, 2, 1)
'''
        for name, base, says in (
            ("Convolution1D", "Conv1d", "A convolution"),
            ("MaxPooling1D", "MaxPool1d", "The largest number of each patch"),
            ("AveragePooling1D", "AvgPool1d", "The mean of each patch"),
        )
    },
    "WithoutPadding": '''class WithoutPadding(nn.Module):
    """The mean of each patch, of the numbers that are not padding."""

    def __init__(self, pad, mean):
        super().__init__()
        self.pad, self.mean = pad, mean

    def forward(self, x):
        return self.mean(self.pad(x)) / self.mean(self.pad(torch.ones_like(x)))
''',
    "Mean": '''class Mean(nn.Module):
    """The mean of each channel."""

    def forward(self, x):
        return x.mean(dim=tuple(range(1, x.ndim - 1)))
''',
    "Maximum": '''class Maximum(nn.Module):
    """The largest number of each channel."""

    def forward(self, x):
        return x.amax(dim=tuple(range(1, x.ndim - 1)))
''',
    "MaskedMean": '''class MaskedMean(nn.Module):
    """The mean of each feature over the steps that are not padding, which is zeros."""

    def forward(self, x):
        real = (x != 0).any(dim=2, keepdim=True)
        return x.sum(dim=1) / real.sum(dim=1).clamp(min=1)
''',
    "MaskedMaximum": '''class MaskedMaximum(nn.Module):
    """The largest number of each feature over the steps that are not padding, which is zeros."""

    def forward(self, x):
        real = (x != 0).any(dim=2, keepdim=True)
        return x.masked_fill(~real, -torch.inf).amax(dim=1)
''',
    "Recurrence": '''class Recurrence(nn.Module):
    """The state of a recurrence after the last step, or after each step."""

    def __init__(self, layer, every_step=False, backwards=False):
        super().__init__()
        self.layer, self.every_step, self.backwards = layer, every_step, backwards

    def forward(self, x):
        h = self.layer(x.flip(1) if self.backwards else x)[0]
        if not self.every_step:
            return h[:, -1]
        return h.flip(1) if self.backwards else h
''',
    "MaskedRecurrence": '''class MaskedRecurrence(nn.Module):
    """A recurrence that carries its state over padding, which is steps of zeros."""

    def __init__(self, layer, every_step=False, backwards=False):
        super().__init__()
        self.layer, self.every_step, self.backwards = layer, every_step, backwards

    def forward(self, x):
        x = x.flip(1) if self.backwards else x
        real = (x != 0).any(dim=2)
        order = (~real).int().argsort(dim=1, stable=True)  # the padding last
        h = self.layer(x.take_along_dim(order[..., None], dim=1))[0]
        if self.every_step:
            h = h.take_along_dim(order.argsort(dim=1)[..., None], dim=1) * real[..., None]
            return h.flip(1) if self.backwards else h
        last = real.sum(dim=1).clamp(min=1) - 1
        return h[torch.arange(len(h)), last] * real.any(dim=1, keepdim=True)
''',
    "Bidirectional": '''class Bidirectional(nn.Module):
    """The states of a recurrence in both directions: the last ones, or those of each step."""

    def __init__(self, layer, every_step=False):
        super().__init__()
        self.layer, self.every_step = layer, every_step

    def forward(self, x):
        h, last = self.layer(x)
        if self.every_step:
            return h
        last = last[0] if isinstance(last, tuple) else last  # an LSTM has cells besides
        return torch.cat([last[0], last[1]], dim=1)
''',
    "SimpleRNN": '''class SimpleRNN(nn.Module):
    """h' = f(x W + h U + b), for an activation that nn.RNN does not have."""

    def __init__(self, n_in, n_out, activation):
        super().__init__()
        self.input, self.state = nn.Linear(n_in, n_out), nn.Linear(n_out, n_out, bias=False)
        self.activation = activation

    def forward(self, x):
        h, states = x.new_zeros(len(x), self.state.in_features), []
        for z in self.input(x).unbind(dim=1):
            h = self.activation(z + self.state(h))
            states.append(h)
        return torch.stack(states, dim=1), h
''',
    "Embedding": '''class Embedding(nn.Embedding):
    """A vector for each index; indices may come as floats."""

    def forward(self, x):
        return super().forward(x.long())
''',
    "Positions": '''class Positions(nn.Module):
    """A vector for each step, added to it."""

    def __init__(self, steps, n):
        super().__init__()
        self.vectors = nn.Parameter(torch.zeros(steps, n))

    def forward(self, x):
        return x + self.vectors
''',
    "SelfAttention": '''class SelfAttention(nn.MultiheadAttention):
    """Each step asks all steps, or with a causal mask those up to itself."""

    def __init__(self, n, heads, causal=False):
        super().__init__(n, heads, batch_first=True)
        self.causal = causal

    def forward(self, x):
        steps = x.shape[1]
        later = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1)
        mask = later if self.causal else None
        return super().forward(x, x, x, attn_mask=mask, need_weights=False)[0]
''',
    "Attention": '''class Attention(nn.Module):
    """Self-attention with heads of any size; steps of zeros may be padding."""

    def __init__(self, n, heads, size, causal=False, padding=False):
        super().__init__()
        self.heads, self.size, self.causal, self.padding = heads, size, causal, padding
        self.input, self.output = nn.Linear(n, 3 * heads * size), nn.Linear(heads * size, n)

    def forward(self, x):
        steps = x.shape[1]
        seen = torch.ones(1, 1, steps, steps, dtype=torch.bool, device=x.device)
        real = (x != 0).any(dim=2, keepdim=True)
        if self.causal:
            seen = seen.tril()
        if self.padding:
            seen = seen & real.mT[:, None]
        q, k, v = self.input(x).unflatten(2, (3, self.heads, self.size)).permute(2, 0, 3, 1, 4)
        scores = (q @ k.mT / self.size**0.5).masked_fill(~seen, -torch.inf)
        y = self.output((scores.softmax(dim=-1) @ v).transpose(1, 2).flatten(2))
        return y.where(real, 0) if self.padding else y
''',
    "Masked": '''class Masked(nn.Sequential):
    """Modules whose output is zeros where the step that they get is zeros."""

    def forward(self, x):
        return super().forward(x).where((x != 0).any(dim=2, keepdim=True), 0)
''',
    "Concatenate": '''class Concatenate(nn.ModuleList):
    """Branches that take the same input, their outputs along the last axis."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=-1)
''',
    "Add": '''class Add(nn.ModuleList):
    """Branches that take the same input, their outputs added up."""

    def forward(self, x):
        return sum(branch(x) for branch in self)
''',
}
