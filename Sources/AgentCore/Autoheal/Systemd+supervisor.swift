import HostControl

extension Systemd: UnitSupervisor {}
