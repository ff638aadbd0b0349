"""Laws: what must hold for every KPI, every window and every order of events."""
