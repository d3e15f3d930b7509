"""Networks as PyTorch runs them: programs that `serving_kit/convert/torch_process.py` loads where PyTorch is.

They import nothing of this project, because its packages are not there.
"""
