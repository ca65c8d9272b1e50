"""Fusers from outside: commands, folders of fused images, plug-ins."""
