"""The Streamlit shell: frame, session, language, widgets. Pages call this, and `core` knows nothing of it."""
