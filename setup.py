import shutil

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

MAPPED = ("collectives", "rma", "jobs")


class FreshBuild(build_py):
    """Builds from nothing: what an earlier build left, a module since deleted would be shipped again."""

    def run(self):
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(
    # Listed, not discovered: discovery knows no folders that are mapped into a package.
    packages=find_packages(include=["pympr", "pympr.*"])
    + [f"pympr.{name}" for name in find_packages(include=[*MAPPED, *(f"{name}.*" for name in MAPPED)])],
    package_dir={"pympr": "pympr", **{f"pympr.{name}": name for name in MAPPED}},
    package_data={"pympr": ["py.typed"], "pympr.native": ["*.pyi"]},
    cffi_modules=["csrc/build.py:ffi"],
    cmdclass={"build_py": FreshBuild},
    # Forced: kernels built with other flags (no OpenMP, sanitizers) must not pass for up to date.
    options={"bdist_wheel": {"py_limited_api": "cp311"}, "build_ext": {"force": True}},
)
