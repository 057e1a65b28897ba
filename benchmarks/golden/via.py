"""Lets VIA 2 write its project, its annotations as JSON and as CSV, by its own functions.

    git clone https://github.com/ox-vgg/via && git -C via checkout aa9b87f
    python benchmarks/golden/via.py via/via-2.x.y/src/via.js FOLDER

It needs node, in which the program runs without a page.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCENE = """
project_init_default_project();
const regions = [
  [{name: 'rect', x: 20.25, y: 10, width: 60.25, height: 40},
    {object: 'car', colour: 'red', seen: {occluded: true, truncated: true}}],
  [{name: 'circle', cx: 100, cy: 50, r: 10}, {object: 'wheel', colour: '', seen: {}}],
  [{name: 'ellipse', cx: 100, cy: 50, rx: 20, ry: 10, theta: Math.PI / 2}, {object: 'wheel'}],
  [{name: 'polygon', all_points_x: [10, 180, 100], all_points_y: [10, 15.5, 80]}, {object: 'Straße'}],
  [{name: 'polyline', all_points_x: [0, 10.5, 200], all_points_y: [99, 10, 0]}, {object: 'lane'}],
  [{name: 'point', cx: 5.25, cy: 6.75}, {object: 'light "left", old'}],
];
const image = (name, size, said, found) => {
  const file = new file_metadata(name, size);
  file.file_attributes = said;
  for (const [shape, attributes] of found) {
    const region = new file_region();
    region.shape_attributes = shape;
    region.region_attributes = attributes;
    file.regions.push(region);
  }
  _via_img_metadata[name + size] = file;
  _via_image_id_list.push(name + size);
};
image('Grün, alt.png', 1234, {weather: 'sunny', caption: ''}, regions);
image('empty.png', 99, {}, []);
_via_settings.project.name = 'streets';
_via_attributes = {region: {object: {type: 'text'}, colour: {type: 'text'}, seen: {type: 'checkbox'}}, file: {}};
"""
PROGRAM = """
const fs = require('fs'), vm = require('vm');
const [, , source, scene, folder] = process.argv;
const nothing = new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : nothing),
  set: () => true,
  apply: () => nothing,
  construct: () => nothing,
});
const saved = {};
const page = {document: nothing, window: nothing, navigator: nothing, localStorage: nothing, console, Promise};
page.Blob = function (parts) { this.text = parts.join(''); };
vm.createContext(page);
vm.runInContext(fs.readFileSync(source, 'utf-8'), page);
page.save_data_to_local_file = (blob, name) => { saved[name] = blob.text; };
page.user_input_default_cancel_handler = () => {};
vm.runInContext(fs.readFileSync(scene, 'utf-8'), page);
page.project_save_confirmed({project_name: {value: page._via_settings.project.name}});
const write = (name, text) => fs.writeFileSync(`${folder}/${name}`, text + '\\n');
write('project.json', Object.values(saved)[0]);
page.pack_via_metadata('json').then((parts) => write('annotations.json', parts.join('')));
page.pack_via_metadata('csv').then((parts) => write('annotations.csv', parts.join('')));
"""


def written(source: Path, folder: Path) -> None:
    """Each shape, attributes of each kind, a name with a comma, an empty picture."""
    folder.mkdir(parents=True, exist_ok=True)
    scene, program = folder / "scene.js", folder / "program.js"
    scene.write_text(SCENE, encoding="utf-8")
    program.write_text(PROGRAM, encoding="utf-8")
    subprocess.run(["node", program, source, scene, folder], check=True)
    scene.unlink()
    program.unlink()


if __name__ == "__main__":
    written(Path(sys.argv[1]), Path(sys.argv[2]))
