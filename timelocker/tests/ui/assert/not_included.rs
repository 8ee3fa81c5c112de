timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude: ["*.bak", "target/"],
        assert: { "src/x/target/debug/x" => included },
    }
}

fn main() {
    let _ = HOME.name();
}
