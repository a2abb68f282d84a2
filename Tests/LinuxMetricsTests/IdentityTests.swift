import HostMetrics
import Testing

@testable import LinuxMetrics

@Suite struct IdentityTests {
  @Test(arguments: [
    ("NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n", "ubuntu 24.04"),
    ("ID='rocky'\nVERSION_ID=9.4 # comment\n", "rocky 9.4"),
    ("ID=arch\n", "arch"), ("ID=\"\"\nVERSION_ID=\"\"\n", "linux"), ("ID=\"a\\\"b\"\n", "a\"b"),
    ("", "linux"),
  ])
  func operatingSystemIsReadFromOSRelease(text: String, name: String) throws {
    let machine = try MachineFolder()
    try machine.write("usr/lib/os-release", text)
    #expect(HostIdentityReader(files: machine.files).read().operatingSystem == name)
  }

  @Test(arguments: [
    ("ID=debian\n", ["debian"]), ("ID=ubuntu\nID_LIKE=debian\n", ["ubuntu", "debian"]),
    ("ID_LIKE=\"ubuntu  debian\"\nID=linuxmint\n", ["linuxmint", "ubuntu", "debian"]),
    ("ID=x\nID_LIKE=\n", ["x"]), ("", ["linux"]),
  ])
  func systemFamilyIsReadFromOSRelease(text: String, family: [String]) throws {
    let machine = try MachineFolder()
    try machine.write("usr/lib/os-release", text)
    #expect(HostIdentityReader(files: machine.files).read().systemFamily == family)
  }

  @Test func etcTakesPrecedenceOverUsrLib() throws {
    let machine = try MachineFolder()
    try machine.write("usr/lib/os-release", "ID=other\n")
    try machine.write("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
    try machine.write("proc/stat", "cpu  1 2 3 4\nbtime 1700000000\n")
    try machine.write("proc/uptime", "12345.67 1.00\n")
    let identity = HostIdentityReader(files: machine.files).read()
    #expect(identity.operatingSystem == "debian 12")
    #expect(identity.bootTime == 1_700_000_000)
    #expect(identity.uptimeSeconds == 12345)
  }

  @Test func identityAgreesWithUname() throws {
    let identity = HostIdentityReader().read()
    #expect(try output(of: "uname -n") == identity.hostname + "\n")
    #expect(try output(of: "uname -r") == identity.kernelVersion + "\n")
    #expect(try output(of: "uname -m") == identity.architecture + "\n")
    #expect(try output(of: ". /etc/os-release; echo $ID $VERSION_ID") == identity.operatingSystem + "\n")
    #expect(identity.bootTime > 1_000_000_000)
  }

  @Test func selfUsageGrowsWithWork() throws {
    let before = try SelfUsage.current()
    #expect(before.residentBytes > 1 << 20)
    var sum = 0
    for number in 0..<100_000 { sum &+= number }
    #expect(sum > 0)
    #expect(try SelfUsage.current().cpuNanoseconds > before.cpuNanoseconds)
  }
}
