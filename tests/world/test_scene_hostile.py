"""Files made to do harm: what they hold is not run, not read where it must not be, and not waited for."""

from __future__ import annotations

import gzip
import os

import pytest

from world.scenes import attic, in_blender
from worldprobe.errors import BlenderFailed
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.scene_child import SceneChild

pytestmark = [pytest.mark.blender, pytest.mark.slow]

CUBE = "bpy.ops.mesh.primitive_cube_add()\ncube = bpy.context.object\n"
SAVE = "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])\n"
TEXTURED = (
    CUBE
    + """
material = bpy.data.materials.new("m")
cube.data.materials.append(material)
node = material.node_tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.new("i", 4, 4)
node.image.source, node.image.filepath = "FILE", sys.argv[2]
material.node_tree.links.new(node.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
"""
    + SAVE
)


def opened(path, **options):
    with SceneChild(path, ConversionOptions(**options)) as child:
        found = child.ask(do="open", path=str(path), threads=1, scale=1.0)
        child.ask(do="gather", out=str(child.folder / "surfaces.npz"))
        return found


def test_a_script_that_registers_itself_is_not_run(tmp_path):
    trace = tmp_path / "trace"
    script = f"open({str(trace)!r}, 'w')\n"
    make = f'text = bpy.data.texts.new("start.py")\ntext.use_module = True\ntext.write({script!r})\n'
    in_blender(CUBE + make + SAVE, str(tmp_path / "a.blend"))
    found = opened(tmp_path / "a.blend")
    assert not trace.exists()
    assert found["notes"] == ["scripts of the file that start by themselves, not run: start.py"]


def test_a_driver_in_python_is_not_run(tmp_path):
    trace = tmp_path / "trace"
    make = f"""
driver = cube.driver_add("location", 0).driver
driver.type, driver.expression = "SCRIPTED", "(open({str(trace)!r}, 'w').write('x'), 1.0)[1]"
"""
    in_blender(CUBE + make + SAVE, str(tmp_path / "a.blend"))
    trace.unlink(missing_ok=True)
    found = opened(tmp_path / "a.blend")
    assert not trace.exists()
    assert found["notes"] == ["drivers written in Python, not run: 1"]


@pytest.mark.parametrize("where", ["/etc/hostname", "//../out.png", "//pipe.png", "//link.png", "//none.png"])
def test_a_picture_outside_of_the_folder_or_no_plain_file_is_named_and_not_read(tmp_path, where):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "out.png").write_bytes(b"x")
    os.mkfifo(folder / "pipe.png")
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    in_blender(TEXTURED, str(folder / "a.blend"), where)
    found = opened(folder / "a.blend", minutes=2.0)
    (note,) = found["notes"]
    assert note.startswith(("image lies outside of the scene's folder", "image is not a plain file", "image missing"))
    assert note.endswith(where)
    assert ("missing" in note) == (where == "//none.png")


def test_a_folder_that_is_named_may_be_read(tmp_path):
    folder, assets = tmp_path / "inside", tmp_path / "assets"
    folder.mkdir()
    assets.mkdir()
    (assets / "a.png").write_bytes(b"x")
    in_blender(TEXTURED, str(folder / "a.blend"), str(assets / "a.png"))
    assert opened(folder / "a.blend", assets=(assets,))["notes"] == []


def test_a_library_that_is_no_library_is_named(tmp_path):
    library = tmp_path / "library.blend"
    in_blender(CUBE + "cube.name = 'linked'\n" + SAVE, str(library))
    link = """
with bpy.data.libraries.load(sys.argv[2], link=True) as (there, here):
    here.objects = ["linked"]
bpy.context.collection.objects.link(here.objects[0])
"""
    in_blender(CUBE + link + SAVE, str(tmp_path / "a.blend"), str(library))
    library.unlink()
    library.symlink_to("/etc/passwd")
    assert opened(tmp_path / "a.blend")["notes"] == ["linked library missing: //library.blend"]


def cut(path):
    path.write_bytes(path.read_bytes()[:5000])


def bomb(path):
    with gzip.open(path, "wb") as handle:
        for _ in range(64):
            handle.write(bytes(1 << 24))


def garbage(path):
    path.write_bytes(b"BLENDER-v500" + os.urandom(4096))


@pytest.mark.parametrize("damage", [cut, bomb, garbage])
def test_a_damaged_file_is_refused_in_words(tmp_path, damage):
    path = tmp_path / "a.blend"
    in_blender(CUBE + SAVE, str(path))
    damage(path)
    with pytest.raises(BlenderFailed, match=r"a\.blend|no surface"):
        opened(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.usda", '#usda 1.0\ndef "a" (references = @/etc/passwd@) {}\n'),
        ("a.obj", "mtllib ../../../etc/passwd\nv nan inf 0\nv 0 1 0\nv 1 0 0\nf 1 2 3\n"),
        ("b.obj", "v 0 0 0\nv 0 1 0\nv 1 0 0\nf 1 2 999999999\nf -9 1 2\n"),
        ("a.fbx", "Kaydara FBX Binary  \0 and no more"),
        ("a.gltf", '{"asset": {"version": "2.0"}, "buffers": [{"uri": "/etc/passwd", "byteLength": 9}]}'),
    ],
)
def test_other_formats_refer_to_nothing_outside(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    said = ""
    try:
        assert opened(tmp_path / name)["triangles"] < 4
    except BlenderFailed as refused:
        said = str(refused)
    assert "root:" not in said


def test_memory_beyond_its_limit_ends_the_child(tmp_path):
    levels = 'cube.modifiers.new("s", "SUBSURF").render_levels = 11\n'
    in_blender(CUBE + levels + SAVE, str(tmp_path / "a.blend"))
    with pytest.raises(BlenderFailed, match=r"held .* GiB of memory, more than 0\.5 GiB.*--memory"):
        opened(tmp_path / "a.blend", memory_gib=0.5)


def test_the_child_writes_in_its_own_folder_only(tmp_path):
    with SceneChild(attic(tmp_path), ConversionOptions()) as child:
        found = child.ask(do="open", path=str(tmp_path / "attic.blend"), threads=1, scale=1.0)
        if not found["confined"]:
            pytest.skip("this system cannot confine a process")
        with pytest.raises(BlenderFailed, match="Permission denied"):
            child.ask(do="gather", out=str(tmp_path / "out.npz"))
