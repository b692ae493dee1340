"""The film is a GIF that opens, moves, stays small, and is never half written."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageSequence

import neurona
from neurona.observe.colors import LIGHT
from neurona.observe.film import (
    FRAME_MS,
    LAST_FRAME_MS,
    SPANISH,
    CostPanel,
    Film,
    FilmColors,
    Stage,
)


def trained(net, X, y, *, steps=60, every=10, log=False, **options):
    film = Film(net, X, y, log=log)
    for state in neurona.train(net, X, y, steps=steps, every=every, rng=0, **options):
        film.add(state)
    return film


@pytest.fixture(scope="module")
def film():
    X, y = neurona.datasets.circles(n=60, rng=0)
    net = neurona.network([2, 4, 1], "tanh", output="sigmoid")
    return trained(net, X, y, optimizer=neurona.adam(0.1))


def frames_of(path):
    with Image.open(path) as image:
        return [
            (np.asarray(frame.convert("RGB")), frame.info["duration"])
            for frame in ImageSequence.Iterator(image)
        ]


def test_film_has_a_frame_per_state_and_holds_the_last(film, tmp_path):
    film.save(tmp_path / "film.gif")
    frames = frames_of(tmp_path / "film.gif")
    assert len(frames) == len(film.frames) == 7
    assert [duration for _, duration in frames] == [FRAME_MS] * 6 + [LAST_FRAME_MS]
    assert {picture.shape for picture, _ in frames} == {(420, 900, 3)}
    with Image.open(tmp_path / "film.gif") as image:
        assert image.info["loop"] == 0  # for ever
    assert (tmp_path / "film.gif").stat().st_size < 7 * 40_000


def test_panels_and_text_change_and_the_paper_stays(film, tmp_path):
    film.save(tmp_path / "film.gif")
    first, last = (frames_of(tmp_path / "film.gif")[k][0].astype(int) for k in (0, -1))
    for half in (np.s_[48:392, 28:372], np.s_[48:364, 466:870], np.s_[10:40, :]):
        assert (np.abs(first[half] - last[half]).max(axis=-1) > 60).sum() > 100
    for picture in (first, last):
        assert (picture[0] == (0xFC, 0xFC, 0xFA)).all()


def test_surface_and_points_are_aligned(film, tmp_path):
    film.save_picture(tmp_path / "last.png", scale=1)
    with Image.open(tmp_path / "last.png") as image:
        picture = np.asarray(image).astype(int)
    blue_minus_red = picture[..., 2] - picture[..., 0]
    assert blue_minus_red[220, 200] > 20  # class 1 is in the middle
    assert blue_minus_red[60, 40] < -20  # class 0 around it


def test_film_chooses_the_states_between_which_outputs_change(film):
    X, y = film.X, film.y
    long = trained(film.net, X, y, steps=400, every=1, optimizer=neurona.adam(0.1))
    chosen = long._paced(40)
    assert (chosen[0], chosen[-1]) == (0, 400)
    assert 25 <= len(chosen) <= 40
    assert chosen == sorted(set(chosen))
    assert sum(k <= 100 for k in chosen) > len(chosen) / 2  # most changes in the first quarter


def test_most_limits_the_number_of_frames(film, tmp_path):
    film.save(tmp_path / "short.gif", most=3)
    assert 2 <= len(frames_of(tmp_path / "short.gif")) <= 3


def test_save_picture_writes_the_last_state_at_twice_the_size(film, tmp_path):
    film.save_picture(tmp_path / "last.png")
    with Image.open(tmp_path / "last.png") as image:
        assert image.size == (1800, 840)
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("topology", "output", "classes"),
    [([5, 4, 3], "softmax", 3), ([3, 1], "sigmoid", 2), ([3, 1], "linear", None)],
)
def test_more_than_two_inputs_show_a_confusion_matrix_or_a_fit(topology, output, classes, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, topology[0]))
    y = X[:, 0] if classes is None else np.digitize(X[:, 0], [0.0, 0.7][: classes - 1])
    film = trained(neurona.network(topology, "tanh", output=output), X, y, steps=40, log=True)
    film.save(tmp_path / "film.gif")
    frames = frames_of(tmp_path / "film.gif")
    assert len(frames) == 5
    left = [picture[56:364, 70:386].astype(int) for picture, _ in frames]
    assert (np.abs(left[0] - left[-1]).max(axis=-1) > 60).any()


def test_film_of_one_state(tmp_path):
    X, y = neurona.datasets.xor(n=20, rng=0)
    net = neurona.network([2, 1])
    film = Film(net, X, y)
    film.add(next(neurona.train(net, X, y, rng=0)))
    film.save(tmp_path / "still.gif")
    assert len(frames_of(tmp_path / "still.gif")) == 1


def test_palette_keeps_frequent_colors_exactly():
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, size=(64, 64, 3)).astype(np.uint8)
    picture[:32] = 255
    palette = FilmColors(picture)
    assert len(palette.rgb) <= 128
    image = palette.indexed(picture)
    shown = np.asarray(image.convert("RGB")).astype(int)
    assert (shown[:32] == 255).all()
    distances = ((picture[32:, :, None].astype(int) - palette.rgb) ** 2).sum(axis=-1)
    difference = ((shown[32:] - picture[32:]) ** 2).sum(axis=-1)
    np.testing.assert_array_equal(difference, distances.min(axis=-1))  # the nearest there is


def test_saving_an_empty_film_raises(tmp_path):
    film = Film(neurona.network([2, 1]), [[0, 0]], [0])
    with pytest.raises(ValueError, match="the film is empty"):
        film.save(tmp_path / "film.gif")
    with pytest.raises(ValueError, match="the film is empty"):
        film.save_picture(tmp_path / "last.png")


def test_path_must_have_the_right_suffix(film, tmp_path):
    with pytest.raises(ValueError, match=r"film\.mp4 does not end in \.gif"):
        film.save(tmp_path / "film.mp4")
    with pytest.raises(ValueError, match=r"last\.jpg does not end in \.png"):
        film.save_picture(tmp_path / "last.jpg")


def test_missing_folder_raises_with_the_path(film, tmp_path):
    path = tmp_path / "nowhere" / "last.png"
    with pytest.raises(FileNotFoundError) as caught:
        film.save_picture(path, scale=1)
    assert caught.value.filename == str(path)
    assert str(path) in str(caught.value)


def test_failed_write_leaves_no_file(film, tmp_path):
    path = tmp_path / "last.png"
    path.mkdir()  # a folder stands in the way
    (path / "kept").touch()
    with pytest.raises(OSError, match="last"):
        film.save_picture(path, scale=1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.png"]
    assert (path / "kept").exists()


def test_network_with_features_is_drawn_over_the_plane(tmp_path):
    X, y = neurona.datasets.circles(n=60, rng=0)

    def squares(points):
        return np.stack([points[:, 0] ** 2, points[:, 1] ** 2, points.sum(axis=1)], axis=1)

    net = neurona.network([3, 1])
    film = Film(net, X, y, features=squares)
    for state in neurona.train(net, squares(X), y, steps=300, every=30, rng=0, optimizer="adam"):
        film.add(state)
    film.save(tmp_path / "film.gif", most=5)
    first, *_, last = (picture.astype(int) for picture, _ in frames_of(tmp_path / "film.gif"))
    blue_minus_red = last[..., 2] - last[..., 0]
    assert blue_minus_red[220, 200] > 20  # class 1 is in the middle
    assert blue_minus_red[60, 40] < -20  # and class 0 in the corners
    assert np.abs(first - last)[48:392, 28:372].max() > 60


def test_words_can_be_translated(tmp_path):
    X, y = neurona.datasets.circles(n=60, rng=0)
    net = neurona.network([2, 3, 1])
    words = {"step": "paso", "cost": "coste", "accuracy": "aciertos"}
    pictures = []
    for film in (Film(net, X, y), Film(net, X, y, words=words)):
        film.add(next(neurona.train(net, X, y, rng=0)))
        (tmp_path / "film.gif").write_bytes(film.gif())
        pictures.append(frames_of(tmp_path / "film.gif")[0][0].astype(int))
    english, spanish = pictures
    assert (english[:40] != spanish[:40]).any()
    assert (english[395:, 466:] != spanish[395:, 466:]).any()  # below the curve
    assert np.abs(english - spanish)[60:380, 40:360].max() < 60  # but for the palette


def test_a_title_stands_above_and_the_conclusion_at_the_end(tmp_path):
    X, y = neurona.datasets.circles(n=60, rng=0)
    net = neurona.network([2, 3, 1])
    film = Film(net, X, y, title="Circles")
    for state in neurona.train(net, X, y, steps=20, every=10, rng=0):
        film.add(state)
    bare = film.gif()
    film.conclusion = "It has learned nothing."
    (tmp_path / "film.gif").write_bytes(bare)
    before = [picture.astype(int) for picture, _ in frames_of(tmp_path / "film.gif")]
    film.save(tmp_path / "film.gif")
    after = [picture.astype(int) for picture, _ in frames_of(tmp_path / "film.gif")]
    assert after[0].shape == (484, 900, 3)
    above = np.s_[:60]
    assert abs(after[0][above] - before[0][above]).max() < 60  # but for the palette
    assert abs(after[-1][above] - before[-1][above]).max() > 100
    assert (before[0][:30] < 100).any()  # the title's ink


def test_spanish_numbers_have_a_decimal_comma():
    X, y = neurona.datasets.circles(n=60, rng=0)
    net = neurona.network([2, 3, 1])
    film = Film(net, X, y, words=SPANISH)
    film.add(next(neurona.train(net, X, y, rng=0)))
    stage = Stage(film)
    stage.paint(film.frames[0])
    written = [one.get_text() for one in stage.step.figure.findobj(Text)]
    assert any(one.startswith("coste 0,") for one in written)
    assert not any("." in one for one in written)


def test_spanish_logarithmic_axes_have_decimal_commas():
    X, y = neurona.datasets.circles(n=60, rng=0)
    net = neurona.network([2, 4, 1], "tanh", output="sigmoid")
    film = Film(net, X, y, log=True, words=SPANISH)
    for state in neurona.train(net, X, y, steps=10, every=5, rng=0):
        film.add(state)
    panel = CostPanel(Figure(), film.frames, True, SPANISH, LIGHT)
    formatter = panel.past.axes.yaxis.get_minor_formatter()
    panel.past.axes.set_ylim(0.1, 0.3)
    assert any("{,}" in text for text in formatter.format_ticks([0.12, 0.2]))
