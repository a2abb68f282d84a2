@testable import HostControl
@testable import HostMetrics

extension FuzzTarget {
  /// What the kernel, systemd and programs print; containers and lxcfs put their own files there.
  static let host: [FuzzTarget] = [
    FuzzTarget("meminfo", dictionary: ["MemTotal: ", "MemFree: ", " kB\n"]) { bytes in
      bytes.withUnsafeBytes { raw in
        guard let usage = MemoryUsage(meminfo: ByteScanner(raw)) else { return }
        expect(usage.usagePercent >= 0 && usage.usagePercent <= 100, "\(usage.usagePercent) %")
      }
    },
    FuzzTarget("mountinfo", dictionary: ["36 35 98:0 / / rw - ext4 /dev/root rw\n", "\\040"]) { bytes in
      bytes.withUnsafeBytes { _ = MountTable(ByteScanner($0)) }
    },
    FuzzTarget("os-release", dictionary: ["ID=", "VERSION_ID=\"", "ID_LIKE="]) { bytes in
      bytes.withUnsafeBytes { _ = OSRelease(ByteScanner($0)) }
    },
    FuzzTarget("apt-output", dictionary: ["Err:1 ", "Hit:1 ", "W: ", "E: ", "Failed to fetch "]) { bytes in
      let cut = bytes.count / 2
      _ = AptSourceReport(stdout: text(Array(bytes[..<cut])), stderr: text(Array(bytes[cut...])))
    },
    FuzzTarget("unit-path", dictionary: ["/org/freedesktop/systemd1/unit/", "_2e", "_40"]) { bytes in
      _ = UnitPath.decode(text(bytes))
      _ = ControlGroups.service(in: bytes)
      _ = try? ServiceName(text(bytes))
    },
  ]
}
