"""Lineage answers as pictures: what is drawn, where Graphviz lays it, and how it is written."""
