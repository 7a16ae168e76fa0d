"""What a glTF file's own colours are drawn as: vertex colours, emission, cut-outs; and hostile files are refused."""

import base64
import json

import numpy as np
import pytest

from render.scenes import camera, triangle_document, write_glb
from worldprobe.errors import DamagedData
from worldprobe.render.glb import GlbPart, Material, read_glb
from worldprobe.render.glb_writer import write_parts
from worldprobe.render.raster import Raster

FRONT = {"translation": [-0.3, -0.3, -2.0]}


def drawn(path):
    with Raster.from_glb(path, 64) as raster:
        return raster.draw(camera())[0]


def with_material(material, image=None):
    document, blob = triangle_document(FRONT, image)
    document["materials"] = [material]
    document["meshes"][0]["primitives"][0]["material"] = 0
    return document, blob


def test_vertex_colours_tint_what_is_drawn(tmp_path):
    document, blob = triangle_document(FRONT)
    colours = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]], dtype="<f4").tobytes()
    blob += b"\0" * (-len(blob) % 4)
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(colours)})
    document["accessors"].append({"bufferView": 4, "componentType": 5126, "count": 3, "type": "VEC3"})
    document["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = 3
    frame = drawn(write_glb(tmp_path / "a.glb", document, blob + colours))
    assert frame[..., 0].max() == 255
    assert frame[..., 1:].max() == 0


def test_what_emits_is_not_black(tmp_path):
    material = {"pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0, 1]}, "emissiveFactor": [0, 0.5, 0]}
    frame = drawn(write_glb(tmp_path / "a.glb", *with_material(material)))
    assert frame[..., 1].max() == 188  # half of white's light, as sRGB shows it
    assert frame[..., 0].max() == 0


def test_emission_adds_to_the_base_colour_in_linear_light(tmp_path):
    material = {"pbrMetallicRoughness": {"baseColorFactor": [0.25] * 3 + [1]}, "emissiveFactor": [0.25] * 3}
    assert drawn(write_glb(tmp_path / "a.glb", *with_material(material))).max() == 188


def test_what_is_cut_out_is_not_drawn(tmp_path):
    half = np.full((4, 4), 255, np.uint8)
    half[:, :2] = 0
    square = np.array([[-1, 2, -1], [1, 2, -1], [1, 2, 1], [-1, 2, 1]], float)
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], float)
    material = Material(image=np.full((4, 4, 3), 255, np.uint8), alpha=half, repeat=False)
    part = GlbPart("leaf", square, uv, np.array([[0, 1, 2], [0, 2, 3]]), material, np.eye(4))
    write_parts(tmp_path / "a.glb", [part], {})
    frame = drawn(tmp_path / "a.glb")
    assert frame[32, 24].max() == 0
    assert frame[32, 40].min() == 255


def test_what_is_written_is_read_again(tmp_path):
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    turn[3], turn[:3, 3] = [0, 0, 0, 1], rng.normal(size=3)
    image = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    corners, uv = rng.normal(size=(3, 3)), rng.random((3, 2))
    part = GlbPart("a", corners, uv, np.array([[0, 1, 2]]), Material(image=image), turn, rng.random((3, 3)))
    write_parts(tmp_path / "a.glb", [part], {})
    (found,) = read_glb(tmp_path / "a.glb")
    np.testing.assert_allclose(found.positions, part.positions, atol=1e-6)
    np.testing.assert_allclose(found.to_world, turn, atol=1e-6)
    np.testing.assert_allclose(found.tints, part.tints, atol=1e-6)
    np.testing.assert_array_equal(found.material.image, image)


def gltf(tmp_path, uri):
    document, blob = triangle_document(FRONT)
    document["buffers"] = [{"byteLength": len(blob), "uri": uri}]
    path = tmp_path / "inside" / "a.gltf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"asset": {"version": "2.0"}, **document}))
    return path, blob


def test_a_text_file_with_its_buffer_beside_or_within_it_is_read(tmp_path):
    path, blob = gltf(tmp_path, "a%20b.bin")
    (path.parent / "a b.bin").write_bytes(blob)
    assert len(read_glb(path)) == 1
    path, _ = gltf(tmp_path, "data:application/octet-stream;base64," + base64.b64encode(blob).decode())
    assert len(read_glb(path)) == 1


@pytest.mark.parametrize(
    "uri", ["../out.bin", "/etc/hostname", "file:///etc/hostname", "link.bin", "data:,x", "no.bin"]
)
def test_nothing_outside_of_the_files_folder_is_read(tmp_path, uri):
    path, blob = gltf(tmp_path, uri)
    (tmp_path / "out.bin").write_bytes(blob)
    (path.parent / "link.bin").symlink_to(tmp_path / "out.bin")
    with pytest.raises(DamagedData, match=r"outside of its folder|base64|not there"):
        read_glb(path)


def huge_count(document):
    document["accessors"][0]["count"] = 1 << 40


def no_stride(document):
    document["accessors"][0]["count"] = 1 << 30
    document["bufferViews"][0]["byteStride"] = 0


def negative(document):
    document["bufferViews"][0]["byteOffset"] = -8


def past_the_end(document):
    document["bufferViews"][2]["byteLength"] = 1 << 40


def no_number(document):
    document["nodes"][0]["matrix"] = ["a"] * 16


def no_index(document):
    document["nodes"][0]["mesh"] = 7


def few_coordinates(document):
    document["accessors"][1]["count"] = 1


HOSTILE = [huge_count, no_stride, negative, past_the_end, no_number, no_index, few_coordinates]


@pytest.mark.parametrize("change", HOSTILE)
def test_numbers_out_of_bounds_are_refused(tmp_path, change):
    document, blob = triangle_document({})
    change(document)
    with pytest.raises(DamagedData, match="cannot be read"):
        read_glb(write_glb(tmp_path / "a.glb", document, blob))


def test_deep_nesting_is_refused(tmp_path):
    path = tmp_path / "a.gltf"
    path.write_text('{"asset": ' + "[" * 200_000 + "]" * 200_000 + "}")
    with pytest.raises(DamagedData, match="nested too deeply"):
        read_glb(path)


def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path):
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    document, blob = triangle_document({}, np.zeros((1, 1, 3), np.uint8))
    document["bufferViews"][3] = {"buffer": 0, "byteOffset": len(blob), "byteLength": len(bomb)}
    with pytest.raises(DamagedData, match="pixels"):
        read_glb(write_glb(tmp_path / "a.glb", document, blob + bomb))
