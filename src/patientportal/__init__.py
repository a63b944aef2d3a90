"""The rules of a patient portal, as a library: ``open_portal`` is where to begin."""

from patientportal.lazy import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
