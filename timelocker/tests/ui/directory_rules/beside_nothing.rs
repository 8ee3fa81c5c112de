timelocker::backup_profile! {
    static HOME = {
        targets: ["~"],
        exclude_beside: { "Cargo.toml" => [] },
    }
}

fn main() {
    let _ = HOME.name();
}
