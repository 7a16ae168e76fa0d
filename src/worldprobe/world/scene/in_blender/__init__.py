"""What runs in the Blender child of a scene's conversion; only modules here import bpy."""
