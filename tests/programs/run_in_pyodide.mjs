// node run_in_pyodide.mjs FOLDER ROOT SCRIPT ARGUMENTS: runs a script of ROOT by the CPython of the npm package pyodide in FOLDER.
import path from "path";

const [, , folder, root, script, ...rest] = process.argv;
const { loadPyodide } = await import(path.join(folder, "node_modules/pyodide/pyodide.mjs"));
const python = await loadPyodide();
python.FS.mkdirTree("/tree");
python.FS.mount(python.FS.filesystems.NODEFS, { root }, "/tree");
python.globals.set("script", "/tree/" + script);
python.globals.set("rest", python.toPy(rest));
const status = python.runPython(`
import runpy, sys
sys.argv = [script, *rest]
try:
    runpy.run_path(script, run_name="__main__")
    status = 0
except SystemExit as end:
    status = end.code or 0
status
`);
process.exit(status);
