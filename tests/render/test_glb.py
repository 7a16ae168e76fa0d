import numpy as np
import pytest
import trimesh
from PIL import Image

from render.scenes import triangle_document, write_glb
from worldprobe.errors import DamagedData
from worldprobe.render.glb import read_glb


def world_corners(part):
    return part.positions @ part.to_world[:3, :3].T + part.to_world[:3, 3]


def test_gltf_up_becomes_z_up(tmp_path):
    (part,) = read_glb(write_glb(tmp_path / "a.glb", *triangle_document({"name": "one"})))
    assert part.name == "one"
    np.testing.assert_array_equal(world_corners(part), [[0, 0, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(part.uv, [[0, 0], [1, 0], [0, 1]])
    np.testing.assert_array_equal(part.triangles, [[0, 1, 2]])


def test_a_node_scales_then_turns_then_moves(tmp_path):
    quarter = np.sqrt(0.5)  # 90 degrees about glTF's +Y, which is Blender's +Z: +X goes to +Y
    node = {"scale": [2, 1, 1], "rotation": [0, quarter, 0, quarter], "translation": [0, 0, -5]}
    (part,) = read_glb(write_glb(tmp_path / "a.glb", *triangle_document(node)))
    np.testing.assert_allclose(world_corners(part), [[0, 5, 0], [0, 7, 0], [0, 5, 1]], atol=1e-12)


def test_a_matrix_is_stored_by_columns_and_children_follow_their_parents(tmp_path):
    matrix = np.eye(4)
    matrix[:3, 3] = [1, 2, 3]
    document, blob = triangle_document({"name": "child", "matrix": matrix.T.ravel().tolist()})
    document["nodes"].append({"children": [0], "translation": [10, 0, 0]})
    document["scenes"] = [{"nodes": [1]}]
    (part,) = read_glb(write_glb(tmp_path / "a.glb", document, blob))
    np.testing.assert_array_equal(world_corners(part)[0], [11, -3, 2])


def test_materials_are_read_with_factor_image_sides_and_borders(tmp_path):
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    (part,) = read_glb(write_glb(tmp_path / "a.glb", *triangle_document({}, image)))
    assert part.material.colour == (0.5, 0.25, 1.0)
    np.testing.assert_array_equal(part.material.image, image)
    assert part.material.double_sided
    assert not part.material.repeat


def test_a_file_of_another_writer_is_read(tmp_path):
    uv = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.75]])  # trimesh counts v from the bottom, glTF from the top
    image = np.array([[[255, 0, 0]], [[0, 255, 0]]], np.uint8)
    surface = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.fromarray(image))
    visual = trimesh.visual.TextureVisuals(uv=uv, material=surface)
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], visual=visual, process=False)
    move = np.eye(4)
    move[:3, 3] = [1, 2, 3]
    scene = trimesh.Scene()
    scene.add_geometry(mesh, node_name="leaf", transform=move)
    scene.export(tmp_path / "a.glb")
    (part,) = read_glb(tmp_path / "a.glb")
    np.testing.assert_allclose(world_corners(part)[part.triangles[0]], [[1, -3, 2], [2, -3, 2], [1, -3, 3]], atol=1e-6)
    np.testing.assert_allclose(part.uv[part.triangles[0]], [[0, 1], [1, 1], [0, 0.25]], atol=1e-6)
    np.testing.assert_array_equal(part.material.image, image)


def cut(data):
    return data[:-8]


def other_magic(data):
    return b"glTX" + data[4:]


def empty(data):
    return b""


@pytest.mark.parametrize("damage", [cut, other_magic, empty])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, damage):
    path = write_glb(tmp_path / "room.glb", *triangle_document({}))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedData, match=r"room\.glb cannot be read .* Export it again"):
        read_glb(path)


def no_mesh(document):
    del document["nodes"][0]["mesh"]


def compressed(document):
    document["extensionsRequired"] = ["KHR_draco_mesh_compression"]


def lines(document):
    document["meshes"][0]["primitives"][0]["mode"] = 1


def too_long(document):
    document["accessors"][0]["count"] = 10_000


def missing_corner(document):
    document["accessors"][0]["count"] = 2


def cycle(document):
    document["nodes"][0]["children"] = [0]


CHANGES = {
    no_mesh: "has no mesh",
    compressed: "draco",
    lines: "not made of triangles",
    too_long: "buffer",
    missing_corner: "corner that does not exist",
    cycle: "tree",
}


@pytest.mark.parametrize(("change", "message"), CHANGES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_what_cannot_be_drawn_is_refused_with_the_reason(tmp_path, change, message):
    document, blob = triangle_document({})
    change(document)
    with pytest.raises(DamagedData, match=message):
        read_glb(write_glb(tmp_path / "a.glb", document, blob))


def test_no_number_that_is_not_finite_gets_in(tmp_path):
    document, blob = triangle_document({})
    with pytest.raises(DamagedData, match="not finite"):
        read_glb(write_glb(tmp_path / "a.glb", document, np.float32(np.nan).tobytes() + blob[4:]))
