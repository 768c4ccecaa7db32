"""Import paths: what they name, its source file, and one line for whatever is wrong."""

import subprocess
import sys
from hashlib import blake2b

import pytest

from pruning_phases.errors import UserError
from pruning_phases.import_path import blamed, make_importable, refuse_call, reported, resolve

FORM = "expected an import path MODULE:NAME, such as"
GOOD = """
number = 3
class Net:
    class Inner:
        pass
def load(data_dir, seed, *, size=3):
    raise ValueError("no such file\\nmore")
"""


def refusal(call, *arguments):
    with pytest.raises(UserError) as error:
        call(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_it_names_an_object_its_file_and_the_digest_of_its_bytes(write, tmp_path):
    name = write(GOOD)
    found = resolve(f"{name}:Net.Inner", "key")
    assert found.value.__qualname__ == "Net.Inner"
    assert found.file == str(tmp_path / "own" / f"{name}.py")
    assert found.digest == blake2b(GOOD.encode(), digest_size=8).hexdigest()


def test_the_file_is_that_which_defines_a_reexported_object(write):
    inner = write(GOOD)
    outer = write(f"from {inner} import load, number")
    assert resolve(f"{outer}:load", "key").file.endswith(f"{inner}.py")
    assert resolve(f"{outer}:number", "key").file.endswith(f"{outer}.py")


@pytest.mark.parametrize(
    ("source", "path", "said"),
    [
        (GOOD, "NAME.Net", "key=NAME.Net: {form} NAME:Net"),
        (GOOD, "NAME.py:Net", "key=NAME.py:Net: {form} NAME:Net"),
        (GOOD, "a/NAME.py:Net", "key=a/NAME.py:Net: {form} a.NAME:Net"),
        (GOOD, "NAME:Nte", "key=NAME:Nte: no Nte in {file}; did you mean Net"),
        (GOOD, "NAME.sub:Net", "key=NAME.sub:Net: no module NAME.sub in {cwd} or among"),
        (GOOD, "nowhere:Net", "key=nowhere:Net: no module nowhere in {cwd} or among the installed"),
        ("x = (", "NAME:x", "key=NAME:x: importing NAME raised SyntaxError: '(' was never closed "
         "({file}, line 1)"),
        ("\nimport nowhere", "NAME:x", "key=NAME:x: importing NAME raised ModuleNotFoundError: No "
         "module named 'nowhere' (NAME.py, line 2)"),
        ("1 / 0", "NAME:x", "key=NAME:x: importing NAME raised ZeroDivisionError: division by zero "
         "(NAME.py, line 1)"),
        ("exit()", "NAME:x", "key=NAME:x: importing NAME raised SystemExit"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_one_line(source, path, said, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = write(source)
    line = refusal(resolve, path.replace("NAME", name), "key")
    file = tmp_path / "own" / f"{name}.py"
    said = said.replace("NAME", name).format(file=file, cwd=tmp_path, form=FORM)
    assert line.startswith(said), line


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("number", {}, "called as number(data_dir, seed), got int 3"),
        ("Net", {}, "called as Net(data_dir, seed), got Net(): too many positional arguments"),
        ("load", {"sieze": 1}, "called as load(data_dir, seed, sieze=1), got load(data_dir, "
         "seed, *, size=3): got an unexpected keyword argument 'sieze'"),
    ],
)  # fmt: skip
def test_what_cannot_be_called_is_one_line(name, options, said, write):
    imported = resolve(f"{write(GOOD)}:{name}", "key")
    assert refusal(refuse_call, imported, "key", ("data_dir", "seed"), options).endswith(said)
    refuse_call(resolve(f"{write(GOOD)}:load", "key"), "key", ("a", "b"), {"size": 1})


def test_an_exception_inside_is_one_line_with_its_place(write):
    path = f"{write(GOOD)}:load"

    def call():
        with reported("key", path):
            resolve(path, "key").value("", 0)

    expected = f"key={path}: raised ValueError: no such file ({path[:-5]}.py, line 7)"
    assert refusal(call) == expected
    with pytest.raises(ValueError) as error:
        resolve(path, "key").value("", 0)
    assert blamed(error.value, {path: "key"}) == expected
    assert blamed(ValueError("elsewhere"), {path: "key"}) is None


def test_the_innermost_of_two_users_files_is_blamed(write):
    inner = write("def f():\n    raise KeyError('x')\n")
    outer = write(f"def g():\n    import {inner}\n    {inner}.f()\n")
    keys = {f"{outer}:g": "outer", f"{inner}:f": "inner"}
    with pytest.raises(KeyError) as error:
        resolve(f"{outer}:g", "outer").value()
    assert blamed(error.value, keys).startswith(f"inner={inner}:f: raised KeyError")


def test_a_folder_is_made_importable_once(monkeypatch):
    monkeypatch.setattr(sys, "path", ["/somewhere"])
    make_importable("/here")
    make_importable("/here")
    make_importable("/somewhere")
    assert sys.path == ["/here", "/somewhere"]


def test_it_does_not_import_torch():
    code = "import sys, pruning_phases.import_path; sys.exit('torch' in sys.modules)"
    assert subprocess.call([sys.executable, "-c", code]) == 0
