from setuptools import find_packages, setup

MAPPED = ("collectives", "rma", "jobs")

setup(
    packages=find_packages(include=["pympr", "pympr.*"]) + [f"pympr.{name}" for name in MAPPED],
    package_dir={"pympr": "pympr", **{f"pympr.{name}": name for name in MAPPED}},
    package_data={"pympr": ["py.typed"], "pympr.native": ["*.pyi"]},
    cffi_modules=["csrc/build.py:ffi"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
